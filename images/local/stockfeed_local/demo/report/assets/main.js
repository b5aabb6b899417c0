// Draws all charts, and redraws them when the symbol, the colour scheme or the width changes.
function chooseSymbol(symbol) {
  if (!symbols.includes(symbol)) return;
  shown.symbol = symbol;
  for (const input of document.querySelectorAll("[name=symbol]")) {
    if (input.type === "radio") input.checked = input.value === symbol;
    else input.value = symbol;
  }
  offerSpans();
  showNewest();
  drawWindow();
  drawVolatility();
}

function drawAll() {
  if (symbols.length) {
    drawWindow();
    drawTreemap();
    drawVolatility();
  }
  if (byId("progress")) {
    drawProgress();
    drawThroughput();
    drawFreshness();
  }
}

function watchMarket() {
  watchCandles();
  watchTreemap();
  for (const input of document.querySelectorAll("[name=symbol]")) {
    input.addEventListener("change", () => chooseSymbol(input.value));
  }
  for (const button of document.querySelectorAll("[data-symbol]")) {
    button.addEventListener("click", () => {
      chooseSymbol(button.dataset.symbol);
      byId("market-title").scrollIntoView({ behavior: "smooth" });
    });
  }
  new ResizeObserver(drawWindow).observe(byId("candles"));
}

if (symbols.length) {
  offerSpans();
  showNewest();
}
drawAll();
if (symbols.length) watchMarket();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
