// Judgements in pairs: how much more one criterion matters than another, and whether they agree.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, site, replace } = geoplan;
  const { words } = site;

  const sheet = document.getElementById("sheet");
  const MOST = 9;
  const USUAL = 5;
  const STEPS = ["9", "8", "7", "6", "5", "4", "3", "2", "1", "1/2", "1/3", "1/4", "1/5", "1/6", "1/7", "1/8", "1/9"];

  let chosen = [];
  let judgements = new Map();
  let answer = null;
  let asked = 0;

  const keyOf = (a, b) => `${a} ${b}`;
  const judgement = (a, b) => judgements.get(keyOf(a, b)) || "1";
  const inverse = (text) => (text === "1" ? "1" : text.startsWith("1/") ? text.slice(2) : `1/${text}`);

  function judge(a, b, text) {
    judgements.set(keyOf(a, b), text);
    judgements.set(keyOf(b, a), inverse(text));
  }

  const matrix = () => chosen.map((a) => chosen.map((b) => (a === b ? "1" : judgement(a, b))));
  const nameOf = (id) => say(site.criterionOf(id)) || id;

  /** The nearest step of the scale to a number. */
  function nearest(value) {
    const size = (text) => (text.startsWith("1/") ? 1 / Number(text.slice(2)) : Number(text));
    return STEPS.reduce((best, one) => (Math.abs(Math.log(size(one) / value)) < Math.abs(Math.log(size(best) / value)) ? one : best));
  }

  function open() {
    const given = site.form.base().weights || {};
    if (given.method === "ahp" && given.criteria) {
      chosen = given.criteria.filter((id) => site.criterionOf(id));
      const [first] = given.judgements || [];
      // One judge is shown; several come through the brief's text.
      const rows = Array.isArray(first) && Array.isArray(first[0]) ? first : given.judgements || [];
      chosen.forEach((a, row) => chosen.forEach((b, column) => { if (row < column && rows[row]) judge(a, b, typeof rows[row][column] === "number" ? nearest(rows[row][column]) : String(rows[row][column])); }));
    } else if (!chosen.length) {
      const now = site.weights.shares();
      chosen = site.weights.criteria().map((one) => one.id).sort((a, b) => now[b] - now[a]).slice(0, USUAL);
    }
    draw();
    if (!sheet.open) sheet.showModal();
    ask();
  }

  async function ask() {
    if (chosen.length < 2) {
      answer = null;
      drawResult();
      return;
    }
    asked += 1;
    const mine = asked;
    try {
      const found = await site.asking.send("weights", { method: "ahp", criteria: chosen, judgements: matrix() });
      if (mine !== asked) return;
      answer = found;
    } catch (error) {
      if (mine !== asked) return;
      answer = { error: error.message };
    }
    drawResult();
  }

  function cell(row, column) {
    const [a, b] = [chosen[row], chosen[column]];
    if (row === column) return el("td.ahp-same", {}, "1");
    if (row > column) return el("td.ahp-mirror.soft", {}, judgement(a, b));
    return el("td", { "data-pair": keyOf(a, b) }, el("select", { "aria-label": t("site.ahp_pair", { a: nameOf(a), b: nameOf(b) }), onchange: (event) => { judge(a, b, event.target.value); draw(); ask(); } },
      STEPS.map((one) => el("option", { value: one, selected: judgement(a, b) === one }, one))));
  }

  function choice() {
    return el("details.several.ahp-choice", {}, el("summary", {}, t("site.ahp_chosen", { count: chosen.length })),
      el("div.several-list", {}, site.weights.criteria().map((one) => el("label.check", {}, el("input", { type: "checkbox", checked: chosen.includes(one.id), disabled: !chosen.includes(one.id) && chosen.length >= MOST, onchange: (event) => {
        chosen = event.target.checked ? [...chosen, one.id] : chosen.filter((id) => id !== one.id);
        draw(true);
        ask();
      } }), " ", data(say(one))))));
  }

  function drawResult() {
    const place = document.getElementById("ahp-result");
    if (!place) return;
    const use = document.getElementById("ahp-use");
    use.disabled = !answer || Boolean(answer.error);
    for (const one of sheet.querySelectorAll(".is-doubtful")) one.classList.remove("is-doubtful");
    if (!answer) {
      replace(place, el("p.soft", {}, t("site.ahp_two")));
      return;
    }
    if (answer.error) {
      replace(place, el("p.notice", {}, data(answer.error)));
      return;
    }
    const most = Math.max(...chosen.map((id) => answer.weights[id] || 0));
    const bars = el("div.ahp-bars", {}, chosen.map((id) => el("div.ahp-bar", {}, el("span", {}, data(nameOf(id))), el("span.share", { style: { width: `${((answer.weights[id] || 0) / most) * 120}px`, background: words.colourOf(id) } }), el("strong", {}, words.weight(answer.weights[id] || 0)))));
    const said = [el(`p${answer.flagged ? ".notice" : ""}`, {}, t(answer.flagged ? "site.ahp_flagged" : "site.ahp_fine", { ratio: answer.ratio === null ? "0" : answer.ratio.toFixed(3), lambda: answer.lambda_max.toFixed(3) }))];
    const doubt = answer.flagged && answer.revisit;
    if (doubt) {
      const to = nearest(doubt.suggested);
      said.push(el("p", {}, t("site.ahp_revisit", { a: nameOf(doubt.row), b: nameOf(doubt.column), given: judgement(doubt.row, doubt.column), suggested: to }), " ",
        el("button", { type: "button", onclick: () => { judge(doubt.row, doubt.column, to); draw(); ask(); } }, t("site.ahp_take"))));
      const pair = [...sheet.querySelectorAll("[data-pair]")].find((one) => [keyOf(doubt.row, doubt.column), keyOf(doubt.column, doubt.row)].includes(one.dataset.pair));
      if (pair) pair.classList.add("is-doubtful");
    }
    const left = site.weights.criteria().filter((one) => !chosen.includes(one.id));
    if (left.length) said.push(el("p.soft.small", {}, t("site.ahp_left_out", { count: left.length })));
    replace(place, said, bars);
  }

  function draw(isChoosing) {
    const focused = document.activeElement && sheet.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    const picker = choice();
    picker.open = Boolean(isChoosing);
    replace(sheet,
      el("div.sheet-head", {}, el("h2", { id: "sheet-title" }, t("site.ahp_title")), el("button.plain.close", { type: "button", "aria-label": t("map.close"), onclick: () => sheet.close() }, "×")),
      el("p.soft", {}, t("site.ahp_lead")), picker,
      el("div.wide", {}, el("table.ahp", {}, el("thead", {}, el("tr", {}, el("td", {}), chosen.map((id) => el("th", { scope: "col" }, data(nameOf(id)))))),
        el("tbody", {}, chosen.map((id, row) => el("tr", {}, el("th", { scope: "row" }, data(nameOf(id))), chosen.map((_, column) => cell(row, column))))))),
      el("div.ahp-result", { id: "ahp-result", "aria-live": "polite" }),
      el("div.sheet-foot", {}, el("button.primary", { type: "button", id: "ahp-use", disabled: true, onclick: use }, t("site.ahp_use")), el("button", { type: "button", onclick: () => sheet.close() }, t("site.cancel"))));
    if (answer) drawResult();
    const again = focused && [...sheet.querySelectorAll("[aria-label]")].find((one) => one.getAttribute("aria-label") === focused);
    if (again) again.focus();
  }

  function use() {
    const rows = matrix().map((row) => row.map((text) => (text.includes("/") ? text : Number(text))));
    site.weights.judged(answer.weights, { method: "ahp", criteria: [...chosen], judgements: rows });
    sheet.close();
  }

  site.ahp = { open };
})((window.geoplan = window.geoplan || {}));
