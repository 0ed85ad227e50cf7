// Two sites side by side: criterion by criterion who gains what, and what would turn it round.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, site, replace } = geoplan;
  const { words, weighing } = site;

  let holder = null;
  let turned = { key: "", answer: null };

  /** The site of the other side changes place instead of standing on both. */
  function choose(at, id) {
    if (site.compared[1 - at] === id) site.compared[1 - at] = site.compared[at];
    site.compared[at] = id;
    draw();
  }

  const choice = (at) => el("label.compare-choice", {}, el("span.compare-side", {}, at ? "B" : "A"),
    el("select", { "aria-label": t(at ? "site.compare_b" : "site.compare_a"), onchange: (event) => choose(at, event.target.value) },
      el("option", { value: "" }, t("site.compare_choose")),
      ordered().map((one) => el("option", { value: one.id, selected: site.compared[at] === one.id, lang: /[\u3400-\u9fff]/.test(say(one)) && geoplan.lang === "en" ? "zh" : null }, `${rankOf(one)} ${say(one)}`))));

  function ordered() {
    const { model } = site;
    const rest = model.sites.filter((one) => one.state !== "allowed");
    return [...model.order.map((row) => model.sites[row]), ...rest];
  }

  const rankOf = (one) => (one.state === "allowed" ? `${site.model.ranks[site.model.rowOf.get(one.id)]}.` : one.state === "excluded" ? "×" : "?");

  function settle() {
    const { model, compared } = site;
    const best = model.order.map((row) => model.sites[row].id);
    for (const at of [0, 1]) {
      if (!site.siteOf(compared[at])) compared[at] = "";
    }
    if (!compared[0]) compared[0] = best.find((id) => id !== compared[1]) || "";
    if (!compared[1]) compared[1] = site.selected && site.selected !== compared[0] ? site.selected : best.find((id) => id !== compared[0]) || "";
  }

  function body(a, b) {
    const { model } = site;
    const [left, right] = [a, b].map((one) => model.rowOf.get(one.id));
    const differences = model.criteria.map((_, column) => weighing.contribution(left, column) - weighing.contribution(right, column));
    const most = Math.max(...differences.map(Math.abs), 1e-9);
    const rows = model.criteria.map((criterion, column) => {
      const difference = differences[column];
      const size = (Math.abs(difference) / most) * 50;
      return el("tr", {},
        el("th", { scope: "row" }, el("span.dot.dot-square", { style: { background: words.colourOf(criterion.id) } }), " ", data(say(criterion))),
        el("td.number", {}, words.measured(a.measured[criterion.id], criterion.unit)),
        el("td.number", {}, words.measured(b.measured[criterion.id], criterion.unit)),
        el("td.number.soft", {}, words.weight(model.weights[column])),
        el("td.balance", {}, el("span.balance-bar", { style: { left: difference > 0 ? `${50 - size}%` : "50%", width: `${size}%`, background: words.colourOf(criterion.id) } })),
        el("td.number", {}, Math.abs(difference) < 0.0005 ? "=" : `${difference > 0 ? "A" : "B"} +${Math.abs(difference).toFixed(3)}`));
    });
    const sum = model.scores[left] - model.scores[right];
    return el("table.compared", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("site.head_criterion")), el("th.number", { scope: "col" }, "A · ", data(say(a))), el("th.number", { scope: "col" }, "B · ", data(say(b))),
        el("th.number", { scope: "col" }, t("site.head_weight")), el("th.balance-head", { scope: "col" }, el("span", {}, t("site.compare_for", { side: "A" })), el("span", {}, t("site.compare_for", { side: "B" }))), el("th.number", { scope: "col" }, t("site.compare_gain")))),
      el("tbody", {}, rows),
      el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, t("site.score")), el("td.number", {}, el("strong", {}, words.score(model.scores[left]))), el("td.number", {}, el("strong", {}, words.score(model.scores[right]))), el("td", {}), el("td", {}),
        el("td.number", {}, el("strong", {}, Math.abs(sum) < 0.0005 ? "=" : `${sum > 0 ? "A" : "B"} +${Math.abs(sum).toFixed(3)}`)))));
  }

  function states(a, b) {
    return [a, b].filter((one) => one.state !== "allowed").map((one) => el("p.notice", {}, data(say(one)), geoplan.lang === "zh" ? "：" : ": ", t(`site.standing_${one.state}`)));
  }

  async function turn(place, a, b) {
    const key = `${site.id} ${a.id} ${b.id}`;
    if (turned.key !== key) {
      replace(place, el("p.soft", {}, t("site.working")));
      try {
        turned = { key, answer: await site.asking.send("compare", { brief: site.brief, a: a.id, b: b.id }) };
      } catch (error) {
        replace(place, el("p.notice", {}, data(error.message)));
        return;
      }
    }
    if (!place.isConnected) return;
    const { loser, weights, values } = turned.answer;
    const behind = loser && site.siteOf(loser);
    if (!behind) {
      replace(place, el("p.soft", {}, t("site.compare_equal")));
      return;
    }
    const changes = [...weights, ...values];
    replace(place, el("h4", {}, t("site.compare_turn", { name: "" }), data(say(behind))),
      changes.length ? el("ul.flips", {}, changes.map((change) => el("li", {}, data(words.flip(change))))) : el("p.soft", {}, t("site.no_flip")),
      site.model.isOwn ? null : el("p.soft.small", {}, t("site.of_old_weights")));
  }

  function draw() {
    if (!holder || !holder.isConnected) return;
    settle();
    const [a, b] = site.compared.map((id) => site.siteOf(id));
    const swap = el("button", { type: "button", title: t("site.compare_swap"), onclick: () => { site.compared.reverse(); draw(); } }, "⇄");
    const head = el("div.compare-head", {}, choice(0), swap, choice(1));
    if (!a || !b || a === b) {
      replace(holder, head, el("p.empty", {}, t("site.compare_empty")));
      return;
    }
    const place = el("div.compare-turn", { "aria-live": "polite" });
    replace(holder, head, states(a, b), el("div.wide", {}, body(a, b)), place);
    turn(place, a, b);
  }

  function build(into) {
    holder = el("div.compare", {});
    replace(into, holder);
    draw();
  }

  site.on("record", () => { site.compared = ["", ""]; turned = { key: "", answer: null }; });
  site.on("weights", draw);
  site.compare = { build, draw };
})((window.geoplan = window.geoplan || {}));
