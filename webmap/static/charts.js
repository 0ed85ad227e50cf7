// Small charts of the drawer, in SVG.
(function (geoplan) {
  "use strict";

  const { el, svg, t, say, data, figures } = geoplan;

  const WIDTH = 340;

  const amount = (value, unit) => `${figures.decimal(value, 2)} ${unit || ""}`.trim();

  /** Base and target of one measure as two bars on one scale. */
  function pair(given) {
    const most = Math.max(Math.abs(given.base ?? 0), Math.abs(given.target ?? 0)) || 1;
    const bar = (value, kind, year) => {
      if (value === null || value === undefined) {
        return el("div.pair-bar", {}, el("span.pair-year", {}, String(year ?? "")), el("span.soft", {}, t("map.no_figure")));
      }
      const width = Math.max(2, (Math.abs(value) / most) * 150);
      return el("div.pair-bar", {},
        el("span.pair-year", {}, String(year ?? "")),
        svg("svg", { width: 152, height: 12, "aria-hidden": "true" }, svg("rect", { x: 0, y: 1, width, height: 10, rx: 1, class: `bar-${kind}` })),
        el("span.pair-value", {}, data(amount(value, say(given, "unit") || given.unit))));
    };
    return el("div.pair", {},
      el("div.pair-title", {}, data(say(given, "measure") || say(given, "label") || given.measure)),
      bar(given.base, "base", given.base_year),
      bar(given.target, "target", given.target_year));
  }

  /** Columns by year: what was observed in grey, what is planned dark. */
  function columns(series, format) {
    const most = Math.max(...series.map((one) => one.value)) || 1;
    const [height, base] = [92, 70];
    const step = Math.min(64, (WIDTH - 10) / series.length);
    const parts = series.map((one, at) => {
      const size = Math.max(one.value ? 1.5 : 0, (one.value / most) * (base - 16));
      const x = 6 + at * step;
      return [
        svg("rect", { x: x + step * 0.16, y: base - size, width: step * 0.68, height: size, class: one.status === "target" ? "bar-target" : "bar-base" }),
        svg("text", { x: x + step / 2, y: base - size - 3, "text-anchor": "middle", class: "chart-value" }, format(one.value)),
        svg("text", { x: x + step / 2, y: base + 13, "text-anchor": "middle", class: "chart-year" }, String(one.year)),
      ];
    });
    const said = series.map((one) => `${one.year}: ${format(one.value)}`).join("; ");
    return svg("svg", { width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": said, class: "chart" },
      svg("path", { d: `M4,${base + 0.5} H${WIDTH - 4}`, class: "chart-axis" }), parts);
  }

  /** The values on a scale, coloured by class; the counts stand on top. */
  function histogram(answer, colourOf, write) {
    const { edges, counts, log } = answer.histogram;
    if (!counts.length) return null;
    const [width, height] = [272, 46];
    const most = Math.max(...counts) || 1;
    const step = width / counts.length;
    // The outer bins hold the smallest and the largest value themselves.
    const standing = (at) => (at === 0 ? edges[0] : at === counts.length - 1 ? edges[at + 1] : (edges[at] + edges[at + 1]) / 2);
    const bars = counts.map((count, at) => {
      const size = count ? Math.max(1.5, (Math.sqrt(count) / Math.sqrt(most)) * (height - 12)) : 0;
      return svg("rect", { x: at * step + 0.5, y: height - size, width: Math.max(1, step - 1), height: size, fill: colourOf(standing(at)), stroke: "#8d7a5a", "stroke-width": count ? 0.4 : 0 },
        svg("title", {}, `${figures.measured(answer.measure, edges[at])} – ${figures.measured(answer.measure, edges[at + 1])}: ${count}`));
    });
    return svg("svg", { width, height: height + 14, viewBox: `0 0 ${width} ${height + 14}`, role: "img", "aria-label": t("map.histogram"), class: "histogram" },
      bars, svg("path", { d: `M0,${height + 0.5} H${width}`, class: "chart-axis" }),
      svg("text", { x: 0, y: height + 12, class: "chart-year" }, write(edges[0])),
      log ? svg("text", { x: width / 2, y: height + 12, "text-anchor": "middle", class: "chart-year" }, t("map.log_scale")) : null,
      svg("text", { x: width, y: height + 12, "text-anchor": "end", class: "chart-year" }, write(edges[edges.length - 1])));
  }

  geoplan.charts = { pair, columns, histogram };
})((window.geoplan = window.geoplan || {}));
