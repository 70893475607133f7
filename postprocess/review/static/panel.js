// What the answers say so far. Text is only ever set as text: labels were written by strangers.

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

export function showPanel(panel, precision) {
  const parts = [
    element("h2", "", "Right labels"),
    headline(precision.overall),
    element("p", precision.enough ? "advice enough" : "advice", precision.advice),
  ];
  if (precision.unsure) parts.push(element("p", "quiet", `Unsure of ${precision.unsure}, not counted.`));
  if (precision.attributes.length) parts.push(element("h3", "", "Each word alone"), ...precision.attributes.map(gauge));
  if (precision.next.length) parts.push(element("h3", "", "Worth looking at next"), list(precision.next));
  if (precision.labels.length) parts.push(element("h3", "", "Labels, the worst first"), ...precision.labels.map(gauge));
  panel.replaceChildren(...parts);
}

export function list(labels) {
  const made = element("ul", "next");
  for (const { name, images, n } of labels) {
    const row = element("li");
    row.append(element("span", "", name), element("small", "", `${n} of ${images}`));
    made.append(row);
  }
  return made;
}

function headline(overall) {
  const made = element("div", "headline");
  const between = overall.between ? `95 % interval ${overall.between}, n = ${overall.n}` : "n = 0";
  made.append(element("b", "", overall.share), element("p", "quiet", between), interval(overall));
  return made;
}

function gauge(one) {
  const made = element("div", "gauge");
  const number = element("span", "number", one.share);
  number.title = one.between;
  made.append(element("span", "name", one.name), number, element("small", "", `n = ${one.n}`), interval(one));
  return made;
}

// From 0 to 100 %: the interval as a bar, the share as a mark.
function interval({ low, middle, high }) {
  const track = element("div", "track");
  track.setAttribute("aria-hidden", "true");
  if (middle === null) return track;
  const bar = element("i", "range");
  bar.style.left = `${100 * low}%`;
  bar.style.width = `${100 * (high - low)}%`;
  const mark = element("i", "share");
  mark.style.left = `${100 * middle}%`;
  track.append(bar, mark);
  return track;
}
