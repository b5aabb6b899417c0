// Volatility over time: one line per symbol.
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
