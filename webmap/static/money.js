// The money line: its parts add up to the table's total, to the 万元.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, figures, replace } = geoplan;

  const LISTED = new Set(["coarser", "unplaced"]);

  function part(name, value, sign) {
    return [
      sign ? el("span.money-sign", { "aria-hidden": "true" }, sign) : null,
      el(`span.money-part.money-${name}${value ? "" : ".is-zero"}`, {},
        el("span.money-name", {}, t(`map.money_${name}`)), " ",
        value && LISTED.has(name)
          ? el("button.plain", { type: "button", title: t("map.coarse_open"), onclick: () => geoplan.drawer.showCoarse() }, el("strong", {}, figures.exactMoney(value)))
          : el("strong", {}, figures.exactMoney(value))),
    ];
  }

  function draw(answer) {
    const line = document.getElementById("money");
    if (!line || !answer) return;
    const { money } = answer;
    const parts = [
      part("placed", money.placed, ""), part("outside", money.outside, "+"),
      part("coarser", money.coarser, "+"), part("unplaced", money.unplaced, "+"),
      part("total", money.total, "="),
    ];
    const aside = answer.left_out
      ? el("span.money-left-out", {}, t("map.left_out", { money: figures.money(answer.left_out.wanyuan) }), " ", data(say(answer.left_out)))
      : null;
    replace(line, el("span.money-title", {}, t("map.money_title")), parts, aside);
  }

  geoplan.money = { draw };
})((window.geoplan = window.geoplan || {}));
