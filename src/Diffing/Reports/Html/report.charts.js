function shape(tag, attributes, content) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (content !== undefined) element.textContent = content;
  return element;
}

function chart(bars) {
  if (bars.length === 0) return make("p", { class: "dim", text: "Nothing changed." });
  const [left, width, step] = [110, 340, 24];
  const most = Math.max(...bars.map(([, counts]) => counts.reduce((sum, count) => sum + count, 0)));
  const svg = shape("svg", { viewBox: `0 0 ${left + width + 70} ${bars.length * step + 4}`, width: left + width + 70, role: "img", "aria-label": "Changes per section" });
  bars.forEach(([name, counts], line) => {
    let x = left;
    svg.append(shape("text", { x: left - 8, y: line * step + 16, "text-anchor": "end" }, visible(name)));
    counts.forEach((count, i) => {
      if (count === 0) return;
      const length = Math.max(2, count / most * (width - 2 * groups.length));
      const bar = shape("rect", { x, y: line * step + 4, width: length, height: step - 8, class: `group-${groups[i]}` });
      bar.append(shape("title", {}, `${name}: ${number(count)} ${groupWords[groups[i]]}`));
      svg.append(bar);
      x += length;
    });
    svg.append(shape("text", { x: x + 6, y: line * step + 16 }, number(counts.reduce((sum, count) => sum + count, 0))));
  });
  return make("figure", null, svg, make("figcaption", { class: "legend" }, ...groups.map(group => make("span", { class: `group-${group}`, text: `■ ${groupWords[group]}` }))));
}

// The binaries that grew and shrank most, around one line.
function growthChart() {
  const most = sign => items.filter(item => sign * (item.growth ?? 0) > 0).sort((a, b) => sign * (b.growth - a.growth) || a.place - b.place).slice(0, 8);
  const bars = [...most(1), ...most(-1).reverse()];
  if (bars.length === 0) return "";
  const [left, half, step] = [180, 120, 24], middle = left + half + 70;
  const longest = Math.max(...bars.map(item => Math.abs(item.growth)));
  const svg = shape("svg", { viewBox: `0 0 ${middle + half + 90} ${bars.length * step + 4}`, width: middle + half + 90, role: "img", "aria-label": "Binaries that grew and shrank most" });
  svg.append(shape("line", { x1: middle, x2: middle, y1: 0, y2: bars.length * step + 4, class: "axis" }));
  bars.forEach((item, line) => {
    const length = Math.max(2, Math.abs(item.growth) / longest * half), up = item.growth > 0, name = visible(baseName(item.path));
    const bar = shape("a", { href: link(item) });
    bar.append(
      shape("rect", { x: 0, y: line * step, width: middle + half + 90, height: step, class: "row-back" }),
      shape("title", {}, visible(`${item.volume ? item.volume + ": " : ""}${item.path}`).slice(0, 600)),
      shape("text", { x: left - 8, y: line * step + 16, "text-anchor": "end" }, name.length > 26 ? name.slice(0, 25) + "…" : name),
      shape("rect", { x: up ? middle : middle - length, y: line * step + 4, width: length, height: step - 8, class: up ? "grown" : "shrunk" }),
      shape("text", { x: up ? middle + length + 6 : middle - length - 6, y: line * step + 16, "text-anchor": up ? "start" : "end" }, bytes(item.growth)));
    svg.append(bar);
  });
  return make("figure", null, svg, make("figcaption", { class: "dim", text: "Binaries that grew and shrank most, by the bytes of all sections" }));
}

function bytes(count) {
  const size = Math.abs(count), sign = count > 0 ? "+" : count < 0 ? "−" : "";
  return sign + (size < 1024 ? `${size} B` : size < 1048576 ? `${number((size / 1024).toFixed(1))} KiB` : `${number((size / 1048576).toFixed(1))} MiB`);
}
