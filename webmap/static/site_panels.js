// What was asked of every site: the rules with what each excludes, the criteria with weight and scale.
(function (geoplan) {
  "use strict";

  const { el, svg, t, say, data, site, citing, replace, figures } = geoplan;
  const { words } = site;

  function limitOf(rule) {
    const parts = [];
    if (rule.least !== null && rule.least !== undefined) parts.push(`≥ ${words.amount(rule.least, rule.unit)}`);
    if (rule.most !== null && rule.most !== undefined) parts.push(`≤ ${words.amount(rule.most, rule.unit)}`);
    return parts.join(" · ");
  }

  /** How many sites; where they stand in a table, a way to them. */
  function counted(rule, count) {
    if (!count || site.surface) return figures.decimal(count, 0);
    return el("button.plain.link", { type: "button", title: t("site.rules_show"), onclick: () => site.table.only(rule.id) }, String(count));
  }

  function rules(into) {
    const record = site.answer();
    if (!record.rules.length) {
      replace(into, el("p.empty", {}, t("site.no_rules")));
      return;
    }
    const listed = [...record.rules].sort((a, b) => b.hits - a.hits || b.unknown - a.unknown);
    replace(into, el("div.wide", {}, el("table.rules", {},
      el("thead", {}, el("tr", {}, ["rule", "limit", "hits", "alone", "open"].map((key) => el(`th${key === "rule" || key === "limit" ? "" : ".number"}`, { scope: "col", title: t(`site.rules_${key}_title`) }, t(`site.rules_${key}`))))),
      el("tbody", {}, listed.map((rule) => el("tr", {},
        el("td", {}, citing.cited([el("span", {}, data(say(rule)), el("span.soft", {}, ` ${t(`site.effect_${rule.effect}`)}`), rule.clause_zh ? el("div.clause.soft", {}, data(rule.clause_zh)) : null)], rule.cite, rule.cite && rule.cite.basis)),
        el("td", {}, limitOf(rule)),
        el("td.number", {}, counted(rule, rule.hits)),
        el("td.number", {}, figures.decimal(rule.alone, 0)),
        el("td.number", {}, counted(rule, rule.unknown))))))),
    el("p.soft.small.panel-note", {}, t("site.rules_note")));
  }

  /** A value function drawn small: measured value across, 0 to 1 upwards. */
  function curve(criterion) {
    const { points, unit } = criterion;
    const [width, height, left, base] = [150, 46, 4, 32];
    const xs = points.map(([x]) => x);
    const [least, most] = [Math.min(...xs), Math.max(...xs)];
    const span = most - least || 1;
    const at = ([x, y]) => [left + ((x - least) / span) * (width - 2 * left), base - y * (base - 4)];
    const path = points.map((point) => at(point).map((one) => one.toFixed(1)).join(",")).join(" L");
    const said = points.map(([x, y]) => `${words.amount(x, unit)} → ${figures.decimal(y, 2)}`).join("; ");
    return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said, class: "curve" },
      svg("title", {}, said),
      svg("path", { d: `M0,${base + 0.5} H${width}`, class: "chart-axis" }),
      svg("path", { d: `M${path}`, class: "curve-line", stroke: words.colourOf(criterion.id) }),
      points.map((point) => svg("circle", { cx: at(point)[0], cy: at(point)[1], r: 2, fill: words.colourOf(criterion.id) })),
      svg("text", { x: 0, y: height - 2, class: "chart-year" }, words.amount(least, unit)),
      svg("text", { x: width, y: height - 2, "text-anchor": "end", class: "chart-year" }, words.amount(most, unit)));
  }

  function basis(criterion) {
    const { cite } = criterion;
    if (!cite) return el("span.soft", {}, t("site.of_the_brief"));
    return citing.cited([el("span.basis-note", {}, data(cite.note || cite.quote))], cite, cite.basis);
  }

  function criteria(into) {
    const record = site.answer();
    const { model } = site;
    const method = record.weighting;
    const now = (criterion, at) => (model ? model.weights[at] : criterion.weight);
    const isOld = model && !model.isOwn;
    const lines = [t("site.method_said", { method: t(`site.method_${method.method}`) })];
    if (method.consistency_ratio !== null && method.consistency_ratio !== undefined) lines.push(t("site.ahp_said", { lambda: method.lambda_max.toFixed(3), ratio: method.consistency_ratio.toFixed(3) }));
    replace(into, el("p.panel-note", {}, lines.join(geoplan.lang === "zh" ? "；" : "; "), isOld ? el("strong", {}, " ", t("site.weights_changed_short")) : null),
      el("div.wide", {}, el("table.criteria", {},
        el("thead", {}, el("tr", {}, ["criterion", "weight", "scale", "basis"].map((key) => el(`th${key === "weight" ? ".number" : ""}`, { scope: "col" }, t(`site.head_${key}`))))),
        el("tbody", {}, record.criteria.map((criterion, at) => el("tr", {},
          el("th", { scope: "row" }, el("span.dot.dot-square", { style: { background: words.colourOf(criterion.id) } }), " ", data(say(criterion)), el("div.soft.small", {}, t(criterion.better === "low" ? "site.better_low" : "site.better_high"))),
          el("td.number", {}, words.weight(now(criterion, at)), isOld && Math.abs(model.weights[at] - model.own[at]) > 5e-5 ? el("div.soft.small", {}, t("site.weight_was", { weight: words.weight(model.own[at]) })) : null),
          el("td", {}, curve(criterion)),
          el("td", {}, basis(criterion))))))));
  }

  site.panels = { rules, criteria };
})((window.geoplan = window.geoplan || {}));
