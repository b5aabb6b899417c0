// The page's data, its CSS colours, and helpers that all charts share.
const data = JSON.parse(document.getElementById("data").textContent);
const symbols = Object.keys(data.candles).filter((name) => data.candles[name].time.length);
const touch = matchMedia("(pointer: coarse)").matches;
const config = { displayModeBar: false, doubleClick: false, responsive: true, showTips: false };

const byId = (id) => document.getElementById(id);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const count = (value) => value.toLocaleString("en-US");
const price = (value, most) =>
  value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: most });
const dated = (options) => {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
  return (seconds) => format.format(seconds * 1000);
};

const axis = (more) => ({
  automargin: true, fixedrange: true, gridcolor: colour("line"), linecolor: colour("line"),
  zeroline: false, color: colour("muted"), ...more,
});

const layout = (more) => ({
  paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: false,
  font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("text") },
  hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("text") } },
  margin: { l: 8, r: 8, t: 8, b: 8 }, showlegend: false, ...more,
});

// Draws a chart; without traces, shows the text `empty` in its place.
function draw(id, traces, more, empty) {
  const place = byId(id);
  if (!traces.length) {
    place.classList.add("empty");
    place.textContent = empty;
    return;
  }
  Plotly.react(place, traces, layout(more), config);
}

// Returns the numbers from `from` to `to`, exclusive.
function range(from, to, step) {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);
}

// Returns at most `most` evenly spread indices; the last index is always included.
function spread(length, most) {
  const step = Math.max(1, Math.ceil(length / most));
  return range((length - 1) % step, length, step);
}
