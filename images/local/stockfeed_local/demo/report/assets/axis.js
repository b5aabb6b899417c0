// The x axis shows positions of bars, not times, so that nights, weekends and holidays leave no gaps.
// This file computes the dates and times of its tick labels.
const shownDay = dated({ day: "numeric", month: "short" });
const shownMonth = dated({ month: "short" });
const shownYear = dated({ year: "numeric" });
const shownTime = dated({ hour: "2-digit", minute: "2-digit" });
const shownDate = dated({ day: "numeric", month: "short", year: "numeric" });
const shownBar = (seconds) =>
  data.interval === "1d" ? shownDate(seconds) : `${shownDate(seconds)}, ${shownTime(seconds)}`;

function shownSpan(first, last) {
  if (first === last) return shownBar(first);
  const sameDay = shownDate(first) === shownDate(last);
  return `${shownBar(first)} to ${sameDay ? shownTime(last) : shownBar(last)}`;
}

const DAY = 86400;
const slice = (seconds) => ({ key: (at) => Math.floor(at / seconds), label: shownTime, above: shownDay });
const days = (number) => ({ key: (at) => Math.floor((at / DAY + 3) / number), label: shownDay, above: shownYear });
const months = (number) => ({
  key: (at) => {
    const date = new Date(at * 1000);
    return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / number);
  },
  label: number < 12 ? shownMonth : shownYear,
  above: number < 12 ? shownYear : () => "",
});
const intraday = data.interval === "1d" ? [] : [60, 300, 900, 1800, 3600, 10800, 21600].map(slice);
const tickUnits = [...intraday, days(1), days(7), ...[1, 3, 12, 24, 60, 120].map(months)];

const startsUnit = (times, unit, index) => index === 0 || unit.key(times[index]) !== unit.key(times[index - 1]);

function unitStarts(times, from, to, unit) {
  return range(from, to + 1, 1).filter((index) => startsUnit(times, unit, index));
}

// Units differ in length where the market was closed: drops labels that would overlap.
function spaced(starts, least) {
  return starts.reduce(
    (kept, start) => (kept.length && start - kept.at(-1) < least ? kept : [...kept, start]), [],
  );
}

// Returns ticks at the starts of minutes, days, months or years: the finest unit with at most `most`.
function timeTicks(times, from, to, most) {
  const fits = tickUnits.map((unit) => ({ unit, starts: unitStarts(times, from, to, unit) }));
  const { unit, starts } = fits.find((fit) => fit.starts.length <= most) ?? fits.at(-1);
  const ticks = starts.length ? spaced(starts, (0.8 * (to - from)) / most) : [from];
  let before = null;
  const text = ticks.map((index) => {
    const above = unit.above(times[index]);
    const label = unit.label(times[index]) + (above === before ? "" : `<br>${above}`);
    before = above;
    return label;
  });
  return { tickvals: ticks, ticktext: text };
}
