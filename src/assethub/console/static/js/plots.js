// What all plots share: the figure that the page holds, colours of the theme, plotly's ways.

// Its bar of buttons needs inline style; a double click shows all again.
const CONFIG = { displayModeBar: false, responsive: true, showTips: false };

// Draws each element that `selector` finds: `make(figure, colours, element)` gives plotly's data
// and layout. Draws again when the theme changes.
export function drawAll(selector, make) {
  const draw = () => {
    for (const element of document.querySelectorAll(selector)) {
      const figure = JSON.parse(element.dataset.plot);
      const { data, layout, height } = make(figure, readColours(element), element);
      if (height) element.style.height = `${height}px`;
      void globalThis.Plotly.react(element, data, layout, CONFIG).then(() => openOnClick(element));
    }
  };
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

// The colours of the page's theme, as plotly takes them.
export function readColours(element) {
  const probe = document.createElement("span");
  element.append(probe);
  const read = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ["text", "muted", "line", "surface", "accent", "good", "bad", "warn"];
  const colours = Object.fromEntries(names.map((name) => [name, read(name)]));
  colours.series = [1, 2, 3, 4, 5, 6, 7, 8].map((place) => read(`series-${place}`));
  probe.remove();
  return colours;
}

// The layout that every plot begins with.
export function makeLayout(colours, more) {
  const font = getComputedStyle(document.body).fontFamily;
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: font, size: 13, color: colours.text },
    margin: { l: 60, r: 20, t: 16, b: 44 },
    hoverlabel: { bgcolor: colours.surface, bordercolor: colours.line, font: { family: font, size: 13, color: colours.text } },
    showlegend: false,
    dragmode: "zoom",
    ...more,
  };
}

// An axis in the theme's colours.
export function makeAxis(colours, more) {
  return { gridcolor: colours.line, linecolor: colours.line, zerolinecolor: colours.muted, tickfont: { color: colours.muted }, automargin: true, ...more };
}

// Text that plotly would take for markup, as text. Tags for bold and the like would need inline style.
export function plain(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function openOnClick(element) {
  element.removeAllListeners?.("plotly_click");
  element.on?.("plotly_click", (event) => {
    const url = event.points[0]?.customdata?.url;
    if (url?.startsWith("/")) location.assign(url);
  });
}
