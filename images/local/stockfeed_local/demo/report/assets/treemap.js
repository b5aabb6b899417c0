// The treemap: one tile per symbol, sized by its quotes and coloured by its change.
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
