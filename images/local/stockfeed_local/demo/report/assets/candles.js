// Candlesticks of the selected symbol: a window of bars, an overview to move it, and a readout.
const FEWEST_SHOWN = 20;
const SPANS = [
  ["1H", 3600], ["4H", 4 * 3600], ["1D", DAY], ["1W", 7 * DAY], ["1M", 30.5 * DAY],
  ["3M", 91.5 * DAY], ["1Y", 365.5 * DAY], ["5Y", 1826.5 * DAY], ["All", Infinity],
];
const shown = { symbol: symbols[0], wanted: null, span: null, from: 0, to: 0 };
const bars = () => data.candles[shown.symbol];

// Returns how many of the newest bars are within the time span.
function barsWithin(seconds) {
  const { time } = bars();
  const first = time.findIndex((at) => at > time.at(-1) - seconds);
  return time.length - first;
}

function usefulSpans() {
  const total = bars().time.length;
  return SPANS.filter(([, seconds]) => {
    const within = barsWithin(seconds);
    return seconds === Infinity || (within >= FEWEST_SHOWN && within < total);
  });
}

const mostCandles = () => Math.max(20, Math.floor(byId("candles").clientWidth / 4.5));

// Returns the longest span in which each bar gets its own candle on this screen.
function defaultSpan(spans) {
  const fitting = spans.filter(([, seconds]) => barsWithin(seconds) <= mostCandles());
  return (fitting.at(-1) ?? spans[0])[0];
}

function offerSpans() {
  const spans = usefulSpans();
  const names = spans.map(([name]) => name);
  shown.span = names.includes(shown.wanted) ? shown.wanted : defaultSpan(spans);
  const pills = names.map((name) => {
    const pill = document.createElement("label");
    const input = Object.assign(document.createElement("input"), {
      type: "radio", name: "span", value: name, checked: name === shown.span,
    });
    const text = document.createElement("span");
    text.textContent = name;
    pill.append(input, text);
    return pill;
  });
  byId("spans").hidden = spans.length < 2;
  byId("spans").replaceChildren(byId("spans").firstElementChild, ...pills);
}

function showNewest() {
  const [, seconds] = SPANS.find(([name]) => name === shown.span);
  shown.to = bars().time.length - 1;
  shown.from = bars().time.length - barsWithin(seconds);
}

function centreWindow(centre) {
  const length = shown.to - shown.from;
  const last = bars().time.length - 1 - length;
  shown.from = Math.min(Math.max(0, Math.round(centre - length / 2)), Math.max(0, last));
  shown.to = shown.from + length;
}

// Merges neighbouring bars into one candle if there are too many for the screen. Groups start at
// multiples of their size, so that they do not change when the window moves.
function grouped() {
  const { time, open, high, low, close, quotes } = bars();
  const size = Math.ceil((shown.to - shown.from + 1) / mostCandles());
  return range(shown.from - (shown.from % size), shown.to + 1, size).map((start) => {
    const end = Math.min(start + size, time.length);
    return {
      x: start + (size - 1) / 2, size, first: time[start], last: time[end - 1],
      open: open[start], close: close[end - 1],
      high: Math.max(...high.slice(start, end)), low: Math.min(...low.slice(start, end)),
      quotes: quotes.slice(start, end).reduce((sum, more) => sum + more, 0),
    };
  });
}

function readOut(group) {
  const { decimals } = bars();
  const rise = group.close - group.open;
  const parts = [["O", group.open], ["H", group.high], ["L", group.low], ["C", group.close]];
  const when = shownSpan(group.first, group.last);
  const change = `${rise < 0 ? "−" : "+"}${price(Math.abs(rise / group.open) * 100, 2)} %`;
  const element = (tag, text, name = "") => Object.assign(document.createElement(tag), { textContent: text, className: name });
  const prices = parts.map(([name, value]) => {
    const item = element("span", `${name} `);
    item.append(element("b", price(value, decimals)));
    return item;
  });
  byId("readout").replaceChildren(
    element("b", shown.symbol), element("span", when), ...prices,
    element("span", change, rise < 0 ? "down" : "up"), element("span", `${count(group.quotes)} quotes`),
  );
}

function drawCandles() {
  const groups = grouped();
  const column = (name) => groups.map((group) => group[name]);
  const room = Math.max(0.6, (10 - groups.length) / 2);
  const low = Math.min(...column("low"));
  const high = Math.max(...column("high"));
  const pad = (high - low) * 0.06 || high * 0.01;
  const width = byId("candles").clientWidth;
  draw("candles", [{
    type: "candlestick", x: column("x"), open: column("open"), high: column("high"),
    low: column("low"), close: column("close"), hoverinfo: "none", whiskerwidth: 0,
    increasing: { line: { color: colour("up"), width: 1.2 }, fillcolor: colour("card") },
    decreasing: { line: { color: colour("down"), width: 1.2 }, fillcolor: colour("down") },
  }], {
    dragmode: touch ? false : "pan", hovermode: "x", margin: { l: 24, r: 8, t: 8, b: 8 },
    xaxis: axis({
      ...timeTicks(bars().time, shown.from, shown.to, Math.max(3, Math.floor(width / 65))),
      fixedrange: touch, range: [shown.from - room, shown.to + room], rangeslider: { visible: false },
      showgrid: false, showspikes: true, spikecolor: colour("muted"), spikedash: "dot",
      spikemode: "across", spikesnap: "data", spikethickness: 1, tickangle: 0, ticks: "outside",
    }),
    yaxis: axis({ range: [low - pad, high + pad], side: "right", tickformat: ",~f" }),
  });
  byId("candle-note").textContent = groups[0].size > 1 ? `Each candle combines ${groups[0].size} bars.` : "";
  byId("candles").groups = groups;
  readOut(groups.at(-1));
}

function drawOverview() {
  const { close, time } = bars();
  byId("overview").parentElement.hidden = time.length <= FEWEST_SHOWN;
  const indices = spread(time.length, 600);
  const centre = (shown.from + shown.to) / 2;
  const reach = Math.max((shown.to - shown.from) / 2, time.length * 0.008);
  draw("overview", [{
    type: "scatter", mode: "lines", x: indices, y: indices.map((index) => close[index]),
    line: { color: colour("muted"), width: 1 }, hoverinfo: "skip",
  }], {
    margin: { l: 0, r: 0, t: 4, b: 4 },
    xaxis: axis({ visible: false, range: [0, Math.max(1, time.length - 1)] }),
    yaxis: axis({ visible: false }),
    shapes: [{
      type: "rect", yref: "paper", y0: 0, y1: 1, x0: centre - reach, x1: centre + reach,
      fillcolor: colour("accent"), opacity: 0.22, line: { width: 0 },
    }],
  });
  const position = byId("position");
  position.max = time.length - 1;
  position.value = centre;
  position.setAttribute("aria-valuetext", shownSpan(time[shown.from], time[shown.to]));
}

function drawWindow() {
  drawCandles();
  drawOverview();
}

function watchCandles() {
  const chart = byId("candles");
  // On touch screens, a tap is a click without a hover.
  for (const event of ["plotly_hover", "plotly_click"]) {
    chart.on(event, ({ points }) => readOut(chart.groups[points[0].pointNumber]));
  }
  chart.on("plotly_unhover", () => readOut(chart.groups.at(-1)));
  chart.on("plotly_relayout", (change) => {
    if (!("xaxis.range[0]" in change)) return;
    centreWindow((change["xaxis.range[0]"] + change["xaxis.range[1]"]) / 2);
    drawWindow();
  });
  byId("position").addEventListener("input", (event) => {
    centreWindow(Number(event.target.value));
    drawWindow();
  });
  byId("spans").addEventListener("change", (event) => {
    shown.span = shown.wanted = event.target.value;
    showNewest();
    drawWindow();
  });
}
