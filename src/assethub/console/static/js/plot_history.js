// A metric along commits: a line for each dataset, error bars where they are known.

import { drawAll, makeAxis, makeLayout, plain } from "./plots.js";

const MOST_TICKS = 12;

drawAll(".history-plot", (figure, colours) => {
  const several = figure.series.length > 1;
  const data = figure.series.map((series, place) => makeTrace(series, colours, colours.series[place % colours.series.length]));
  const step = Math.ceil(figure.ticks.length / MOST_TICKS);
  const shown = figure.ticks.map((_, place) => place).filter((place) => place % step === 0);
  const layout = makeLayout(colours, {
    showlegend: several,
    legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
    hovermode: "closest",
    xaxis: makeAxis(colours, {
      tickvals: shown,
      ticktext: shown.map((place) => figure.ticks[place]),
      range: [-0.5, figure.ticks.length - 0.5],
      showgrid: false,
      zeroline: false,
    }),
    yaxis: makeAxis(colours, { title: { text: plain(figure.metric) }, zeroline: false, tickformat: "~g" }),
  });
  return { data, layout };
});

function makeTrace(series, colours, colour) {
  const points = series.points;
  return {
    type: "scatter",
    mode: "lines+markers",
    name: plain(series.name),
    x: points.map((point) => point.at),
    y: points.map((point) => point.value),
    error_y: {
      type: "data",
      array: points.map((point) => point.reach ?? 0),
      visible: points.some((point) => point.reach),
      color: colour,
      thickness: 1.2,
      width: 3,
    },
    line: { color: colour, width: 2 },
    marker: { color: colour, size: 8, line: { color: colours.surface, width: 1.5 } },
    customdata: points.map((point) => ({ url: point.url })),
    text: points.map((point) =>
      [
        `${plain(point.value)}${point.reach ? ` ± ${plain(point.reach.toPrecision(3))}` : ""}`,
        `${plain(point.commit)} ${plain(point.message)}`,
        `${plain(point.by)}, ${plain(point.time)}`,
        `${plain(series.name)}@${plain(point.dataset)}`,
      ].join("<br>"),
    ),
    hovertemplate: "%{text}<extra></extra>",
  };
}
