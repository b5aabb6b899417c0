// Charts of the run over time: counts per stage, throughput, freshness.
const STAGES = ["polled", "published", "landed", "loaded", "silver"];
const secondsAxis = () => axis({ showgrid: false, ticksuffix: " s", nticks: 7, rangemode: "tozero" });

function drawProgress() {
  const { seconds } = data.timeline;
  draw("progress", STAGES.map((stage, index) => ({
    type: "scatter", mode: "lines", name: stage, x: seconds, y: data.timeline[stage],
    line: { color: colour(`series-${index + 1}`), width: 2, dash: ["dot", "solid", "dash", "solid", "solid"][index] },
    hovertemplate: "%{y:,}",
  })), {
    hovermode: "x unified", showlegend: true,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", itemclick: false, itemdoubleclick: false },
    xaxis: secondsAxis(), yaxis: axis({ tickformat: ",~s", rangemode: "tozero", nticks: 6 }),
  });
}

// Returns quotes published per second, averaged over about a twentieth of the run.
function publishedRates() {
  const { seconds, published } = data.timeline;
  const reach = Math.max(1, Math.round(seconds.length / 20));
  return seconds.map((at, index) => {
    const before = Math.max(0, index - reach);
    const passed = at - seconds[before];
    return passed > 0 ? (published[index] - published[before]) / passed : null;
  });
}

function drawThroughput() {
  const { seconds } = data.timeline;
  draw("throughput", [{
    type: "scatter", mode: "lines", x: seconds, y: publishedRates(), fill: "tozeroy",
    line: { color: colour("accent"), width: 1.8 }, fillcolor: colour("accent-soft"),
    hovertemplate: "%{y:,.0f} quotes/s<br>at %{x:.0f} s<extra></extra>",
  }], {
    xaxis: secondsAxis(), yaxis: axis({ tickformat: ",~f", rangemode: "tozero", nticks: 6 }),
    shapes: [{
      type: "line", xref: "paper", x0: 0, x1: 1, y0: data.averageRate, y1: data.averageRate,
      line: { color: colour("muted"), width: 1.2, dash: "dash" },
    }],
  });
}

function drawFreshness() {
  const { seconds, freshness } = data.timeline;
  const measured = freshness.some((age) => age !== null);
  draw("freshness", measured ? [{
    type: "scatter", mode: "lines", x: seconds, y: freshness, connectgaps: false,
    line: { color: colour("accent"), width: 1.8 },
    hovertemplate: "%{y:.1f} s old<br>at %{x:.0f} s<extra></extra>",
  }] : [], {
    xaxis: secondsAxis(),
    yaxis: axis({ ticksuffix: " s", rangemode: "tozero", nticks: 6 }),
  }, "No quote reached gold while the run was sampled.");
}
