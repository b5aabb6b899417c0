// Charts of all symbols: the treemap of the latest change, and volatility over time.
const SMALLEST_SCALE = 1;

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const mixed = (from, to, share) =>
  channels(from).map((value, index) => Math.round(value + (channels(to)[index] - value) * share));

// Interpolates between neutral and full colour, which marks the largest change of all symbols.
function tileColour(change, largest) {
  const full = colour(change < 0 ? "down" : "up");
  return mixed(colour("neutral"), full, Math.abs(change ?? 0) / largest);
}

// Returns black or white, whichever has more contrast (relative luminance as defined in WCAG 2).
function textOn(rgb) {
  const [red, green, blue] = rgb.map((value) => ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#10151c" : "#ffffff";
}

function drawTreemap() {
  const tiles = data.tiles;
  const largest = Math.max(SMALLEST_SCALE, ...tiles.map((tile) => Math.abs(tile.change ?? 0)));
  const colours = tiles.map((tile) => tileColour(tile.change, largest));
  draw("treemap", tiles.length ? [{
    type: "treemap", labels: tiles.map((tile) => tile.symbol), ids: tiles.map((tile) => tile.symbol),
    parents: tiles.map(() => ""), values: tiles.map((tile) => Math.max(1, tile.size)),
    customdata: tiles.map((tile) => [tile.changeText, tile.price, count(tile.size), shownDate(tile.at)]),
    texttemplate: "<b>%{label}</b><br>%{customdata[0]}<br>%{customdata[1]}",
    hovertemplate: "<b>%{label}</b> %{customdata[1]}<br>%{customdata[0]}<br>%{customdata[2]} quotes on %{customdata[3]}<extra></extra>",
    insidetextfont: { size: 15, color: colours.map(textOn) }, textposition: "middle center", tiling: { pad: 3 }, pathbar: { visible: false }, root: { color: "rgba(0,0,0,0)" },
    marker: {
      colors: colours.map((rgb) => `rgb(${rgb})`),
      line: { width: 0 }, cornerradius: 6, pad: { t: 0, r: 0, b: 0, l: 0 },
    },
  }] : [], { margin: { l: 0, r: 0, t: 0, b: 0 } }, "There is no latest quote of any symbol.");
}

function watchTreemap() {
  // Returning false keeps plotly from zooming into the tile.
  byId("treemap").on?.("plotly_treemapclick", ({ points }) => {
    chooseSymbol(points[0].label);
    return false;
  });
}

const hoverTime = data.interval === "1d" ? "%-d %b %Y" : "%-d %b %Y, %H:%M";

// Returns the mean of the values that are drawn as one point; null if there is none.
function mean(values) {
  const measured = values.filter((value) => value !== null);
  return measured.length ? measured.reduce((sum, value) => sum + value, 0) / measured.length : null;
}

function volatilityLine(symbol, size, line) {
  const { time, value } = data.volatility[symbol];
  const starts = range(0, value.length, size);
  return {
    type: "scatter", mode: "lines", name: symbol, line, connectgaps: false,
    x: starts.map((start) => time[start] * 1000),
    y: starts.map((start) => mean(value.slice(start, start + size))),
    hovertemplate: `${symbol} %{y:.2%}<br>%{x|${hoverTime}}<extra></extra>`,
  };
}

// Returns ticks at 1, 2 and 5 of each power of ten; falls back to plotly's ticks if they are too few.
function logTicks(values) {
  const ticks = range(-8, 4, 1)
    .flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)))
    .filter((tick) => tick >= Math.min(...values) && tick <= Math.max(...values));
  return ticks.length > 2 ? { tickvals: ticks } : { nticks: 6 };
}

// The selected symbol is highlighted; the others are drawn in grey for comparison.
function drawVolatility() {
  const measured = Object.keys(data.volatility)
    .filter((symbol) => data.volatility[symbol].value.some((value) => value > 0));
  const longest = Math.max(0, ...measured.map((symbol) => data.volatility[symbol].value.length));
  const size = Math.max(1, Math.ceil(longest / (byId("volatility").clientWidth / 2.5)));
  byId("volatility-note").textContent = size > 1 ? ` Each point is the mean of ${size} bars.` : "";
  const others = measured.filter((symbol) => symbol !== shown.symbol)
    .map((symbol) => volatilityLine(symbol, size, { color: colour("context"), width: 1 }));
  const chosen = measured.filter((symbol) => symbol === shown.symbol)
    .map((symbol) => volatilityLine(symbol, size, { color: colour("accent"), width: 1.8 }));
  const values = [...others, ...chosen].flatMap((line) => line.y.filter((value) => value > 0));
  draw("volatility", [...others, ...chosen], {
    hovermode: "closest",
    xaxis: axis({ type: "date", showgrid: false, nticks: 6 }),
    yaxis: axis({ type: "log", tickformat: "~%", ...logTicks(values) }),
  }, "Too few bars to compute volatility.");
}
