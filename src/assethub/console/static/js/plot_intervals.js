// Values with their intervals, a line each: of a leaderboard on one scale, of a comparison as a
// forest plot with a scale for each metric.

import { drawAll, makeAxis, makeLayout, plain } from "./plots.js";

const LINE_HEIGHT = 30;
const MARGIN = { l: 20, r: 24, t: 10, b: 40 };

drawAll(".interval-plot", (figure, colours) => {
  const rows = figure.rows;
  const layout = makeLayout(colours, {
    margin: MARGIN,
    xaxis: makeAxis(colours, { title: { text: plain(figure.metric) }, zeroline: false, tickformat: "~g" }),
    yaxis: makeAxis(colours, nameAxis(rows.map((row) => row.name), colours)),
  });
  return { data: [makeTrace(rows, colours, "x", "y")], layout, height: rows.length * LINE_HEIGHT + 70 };
});

drawAll(".forest-plot", (figure, colours) => {
  const metrics = [...new Set(figure.rows.map((row) => row.metric))];
  const groups = metrics.map((metric) => figure.rows.filter((row) => row.metric === metric));
  const heights = groups.map((group) => group.length * LINE_HEIGHT + 52);
  const whole = heights.reduce((sum, height) => sum + height, 0);
  const layout = makeLayout(colours, { margin: { ...MARGIN, l: 24, b: 14, t: 8 }, annotations: [] });
  const data = [];
  let top = 0;
  groups.forEach((group, place) => {
    const suffix = place ? String(place + 1) : "";
    const domain = [1 - (top + heights[place] - 34) / whole, 1 - (top + 20) / whole];
    layout[`xaxis${suffix}`] = makeAxis(colours, { anchor: `y${suffix}`, zeroline: true, zerolinewidth: 1.5, tickformat: "~g", nticks: 7, range: findRange(group) });
    layout[`yaxis${suffix}`] = makeAxis(colours, { ...nameAxis(group.map((row) => row.name), colours), anchor: `x${suffix}`, domain });
    layout.annotations.push({
      text: `${plain(metrics[place])}`, xref: "paper", x: 0, xanchor: "left", yref: "paper", y: domain[1], yanchor: "bottom", showarrow: false, font: { size: 13, weight: 600, color: colours.text },
    });
    data.push(makeTrace(group, colours, `x${suffix}`, `y${suffix}`));
    top += heights[place];
  });
  return { data, layout, height: whole + 30 };
});

function nameAxis(names, colours) {
  return { tickvals: names.map((_, place) => place), ticktext: names.map(plain), range: [names.length - 0.5, -0.5], showgrid: false, zeroline: false, fixedrange: true, tickfont: { color: colours.text } };
}

// From the lowest to the highest of all, with zero in sight.
function findRange(rows) {
  const ends = rows.flatMap((row) => [row.low ?? row.value, row.high ?? row.value, 0]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = (high - low) * 0.08 || 1;
  return [low - room, high + room];
}

function makeTrace(rows, colours, xaxis, yaxis) {
  const colour = rows.map((row) => colours[row.kind] ?? colours.accent);
  const known = (row) => row.low !== null && row.high !== null;
  return {
    type: "scatter",
    mode: "markers",
    xaxis,
    yaxis,
    x: rows.map((row) => row.value),
    y: rows.map((_, place) => place),
    marker: { color: colour, size: 9, symbol: "square" },
    error_x: {
      type: "data",
      symmetric: false,
      array: rows.map((row) => (known(row) ? row.high - row.value : 0)),
      arrayminus: rows.map((row) => (known(row) ? row.value - row.low : 0)),
      color: colours.muted,
      thickness: 2,
      width: 4,
    },
    customdata: rows.map((row) => ({ url: row.url })),
    text: rows.map((row) => `${plain(row.name)} ${plain(row.text)}${known(row) ? ` [${plain(row.low.toPrecision(4))}, ${plain(row.high.toPrecision(4))}]` : ""}`),
    hovertemplate: "%{text}<extra></extra>",
  };
}
