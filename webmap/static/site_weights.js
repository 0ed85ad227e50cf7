// How much each criterion weighs: sliders that act at once, an order of importance, or judgements in pairs.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, site, replace } = geoplan;
  const { words, weighing } = site;

  const pane = document.getElementById("pane-weights");
  let method = "direct";
  /** Weights before there is a decision to apply them to. */
  let draft = null;
  /** Groups of criteria, the most important first. */
  let order = [];
  let isEdited = false;
  let before = null;
  const touched = new Set();
  let note = null;
  let asked = 0;

  const { criteria } = site;
  const shares = () => (site.model ? weighing.current() : draft || (draft = drafted()));

  function drafted() {
    const own = site.form.base().criteria || {};
    // Those of an answer are the brief's already.
    const given = (one) => (!site.surface && own[one.id] && own[one.id].weight !== undefined ? Number(own[one.id].weight) : one.weight);
    const raw = criteria().map((one) => [one.id, Math.max(0, given(one))]);
    const sum = raw.reduce((total, [, value]) => total + value, 0) || 1;
    return Object.fromEntries(raw.map(([id, value]) => [id, value / sum]));
  }

  function apply(weights, options) {
    if (site.model) weighing.setWeights(weights, options);
    else {
      draft = weights;
      refresh();
    }
  }

  // ---- sliders
  let frame = 0;

  function slid(id, share, isLive) {
    if (!before) before = shares();
    if (method !== "direct") setMethod("direct");
    touched.add(id);
    isEdited = true;
    cancelAnimationFrame(frame);
    const next = weighing.withOne(before, id, Math.min(1, Math.max(0, share)));
    if (isLive) {
      // A hand moves faster than a page is drawn: only the last place counts.
      frame = requestAnimationFrame(() => apply(next, { live: true }));
      return;
    }
    apply(next, {});
    before = null;
    amended();
  }

  /** A surface is weighed on the server, as soon as a slider is let go. */
  let waiting = 0;
  function askedAnew() {
    if (!site.surface) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => site.tell("recompute"), 400);
  }

  function sliderRow(one) {
    const share = shares()[one.id] || 0;
    const name = say(one);
    return el("div.slider", { "data-criterion": one.id },
      el("div.slider-head", {}, el("span.dot.dot-square", { style: { background: words.colourOf(one.id) } }), el("span.slider-name", {}, data(name)),
        el("input.slider-number", { type: "text", inputmode: "decimal", value: (share * 100).toFixed(1), "aria-label": t("site.weight_of", { name }), onchange: (event) => {
          const given = Number(event.target.value.replace("%", ""));
          if (Number.isFinite(given)) slid(one.id, given / 100, false);
          else refresh();
        } }), el("span.unit", {}, "%")),
      el("input", { type: "range", min: "0", max: "100", step: "0.5", value: String(share * 100), "aria-label": t("site.weight_of", { name }), "aria-valuetext": words.weight(share),
        oninput: (event) => slid(one.id, Number(event.target.value) / 100, true),
        onchange: (event) => slid(one.id, Number(event.target.value) / 100, false) }));
  }

  /** The other sliders follow the one that is held. */
  function refresh() {
    const now = shares();
    for (const row of pane.querySelectorAll(".slider")) {
      const share = now[row.dataset.criterion] || 0;
      const [number, range] = [row.querySelector(".slider-number"), row.querySelector("input[type=range]")];
      if (document.activeElement !== number) number.value = (share * 100).toFixed(1);
      if (document.activeElement !== range || !before) range.value = String(share * 100);
      range.setAttribute("aria-valuetext", words.weight(share));
    }
    for (const row of pane.querySelectorAll(".order-row")) row.querySelector(".order-share").textContent = words.weight(now[row.dataset.criterion] || 0);
    drawNote();
  }

  function drawNote() {
    if (!note) return;
    const isOld = site.model && !site.model.isOwn;
    note.hidden = !isOld;
  }

  // ---- order of importance
  function fromShares() {
    const now = shares();
    return criteria().map((one) => one.id).sort((a, b) => (now[b] || 0) - (now[a] || 0)).map((id) => [id]);
  }

  async function ordered(next, focusId) {
    order = next.filter((group) => group.length);
    isEdited = true;
    draw();
    const target = focusId && pane.querySelector(`.order-row[data-criterion="${CSS.escape(focusId)}"]`);
    if (target) target.focus();
    await ask({ method: "order", order });
    amended();
  }

  async function ask(question) {
    asked += 1;
    const mine = asked;
    try {
      const answer = await site.asking.send("weights", question);
      if (mine !== asked) return null;
      apply(answer.weights, {});
      return answer;
    } catch (error) {
      if (mine === asked) geoplan.failed(error);
      return null;
    }
  }

  function moved(id, step) {
    const at = order.findIndex((group) => group.includes(id));
    const next = order.map((group) => group.filter((one) => one !== id));
    if (order[at].length > 1) next.splice(step < 0 ? at : at + 1, 0, [id]);
    else {
      next.splice(at, 1);
      next.splice(Math.max(0, Math.min(next.length, at + step)), 0, [id]);
    }
    ordered(next, id);
  }

  /** On one level with the one above, or on its own again. */
  function joined(id) {
    const at = order.findIndex((group) => group.includes(id));
    const isFirst = order[at][0] === id;
    const next = order.map((group) => [...group]);
    if (!isFirst) {
      const [rest] = [next[at].splice(next[at].indexOf(id))];
      next.splice(at + 1, 0, rest);
    } else if (at > 0) {
      next[at - 1].push(...next[at]);
      next.splice(at, 1);
    }
    ordered(next, id);
  }

  function dropped(id, onto) {
    if (id === onto || !id) return;
    const next = order.map((group) => group.filter((one) => one !== id)).filter((group) => group.length);
    next.splice(Math.max(0, next.findIndex((group) => group.includes(onto))), 0, [id]);
    ordered(next, id);
  }

  function orderRow(id, level, isTied) {
    const one = site.criterionOf(id) || { zh: id, en: id };
    const isFirst = level === 0 && !isTied;
    const button = (label, title, act, off) => el("button.plain", { type: "button", title, "aria-label": `${title} ${say(one)}`, disabled: off, onclick: act }, label);
    return el(`div.order-row${isTied ? ".is-tied" : ""}`, { "data-criterion": id, tabindex: "0", draggable: "true",
      ondragstart: (event) => event.dataTransfer.setData("text/plain", id),
      ondragover: (event) => event.preventDefault(),
      ondrop: (event) => { event.preventDefault(); dropped(event.dataTransfer.getData("text/plain"), id); },
      onkeydown: (event) => {
        const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!step || !event.altKey) return;
        event.preventDefault();
        moved(id, step);
      } },
    el("span.order-place", {}, isTied ? "=" : String(level + 1)), el("span.dot.dot-square", { style: { background: words.colourOf(id) } }), el("span.slider-name", {}, data(say(one))),
    el("span.order-share.soft", {}, words.weight(shares()[id] || 0)),
    button("↑", t("site.move_up"), () => moved(id, -1), isFirst), button("↓", t("site.move_down"), () => moved(id, 1), false),
    button("＝", t(isTied ? "site.untie" : "site.tie"), () => joined(id), isFirst));
  }

  // ---- the pane
  function setMethod(name) {
    method = name;
    if (name === "order") order = fromShares();
    draw();
  }

  const METHODS = ["direct", "order", "ahp"];

  function draw() {
    const list = criteria();
    if (!list.length) {
      replace(pane, el("p.empty", {}, t("site.no_criteria")));
      return;
    }
    note = el("button.plain", { type: "button", hidden: true, onclick: () => weighing.reset() }, t("site.reset_weights"));
    const choice = el("div.choice", { role: "group", "aria-label": t("site.weights_method") }, METHODS.map((name) =>
      el("button", { type: "button", "aria-pressed": String(method === name), onclick: () => {
        if (name === "ahp") site.ahp.open();
        else if (name !== method) {
          setMethod(name);
          if (name === "order") ordered(order);
        }
      } }, t(`site.method_${name}`))));
    const hint = el("p.soft.small", {}, t(`site.hint_${method}`), method === "ahp" ? [" ", el("button", { type: "button", onclick: () => site.ahp.open() }, t("site.ahp_again"))] : null);
    const body = method === "order"
      ? el("div.order", {}, order.flatMap((group, level) => group.map((id, at) => orderRow(id, level, at > 0))))
      : el("div.sliders", {}, list.map(sliderRow));
    replace(pane, el("div.weights", {}, choice, el("div.weights-hint", {}, hint, note), body, el("p.soft.small", {}, t("site.weights_sum"))));
    drawNote();
  }

  /** Weights of the plan for a share of one: what was not moved keeps the weight of the plan. */
  function scaleOf(now) {
    if (site.answer()) return 1;
    const kept = criteria().filter((one) => !touched.has(one.id));
    const held = kept.reduce((sum, one) => sum + (now[one.id] || 0), 0);
    return held > 0 ? kept.reduce((sum, one) => sum + one.weight, 0) / held : 1;
  }

  /** Write the weights into the brief, so that a link and a new decision carry them. */
  function amended() {
    if (!isEdited) return;
    askedAnew();
    site.form.amend((brief) => {
      if (method === "order") brief.weights = { method: "order", order: order.map((group) => (group.length > 1 ? group : group[0])) };
      else if (method === "direct") {
        brief.weights = { method: "direct" };
        brief.criteria = brief.criteria || {};
        const now = shares();
        for (const one of criteria()) {
          const known = brief.criteria[one.id] || {};
          // Before there is a decision, what no brief asks about may have a weight here and no place there:
          // only a criterion that was moved is spoken of.
          if (known.off || (!site.answer() && !touched.has(one.id))) continue;
          brief.criteria[one.id] = { ...known, weight: Number(((now[one.id] || 0) * scaleOf(now)).toFixed(6)) };
        }
      }
    });
  }

  /** Take over weights from judgements in pairs. */
  function judged(weights, part) {
    method = "ahp";
    isEdited = true;
    site.form.amend((brief) => { brief.weights = part; });
    draw();
    apply(weights, {});
    askedAnew();
  }

  function adopt(brief) {
    const given = brief.weights || {};
    method = METHODS.includes(given.method) ? given.method : "direct";
    isEdited = false;
    touched.clear();
    draft = null;
    before = null;
    order = method === "order" && given.order ? given.order.map((one) => (Array.isArray(one) ? [...one] : [one])) : [];
    draw();
  }

  site.on("brief", adopt);
  const settled = () => { isEdited = false; before = null; draft = null; touched.clear(); draw(); };
  site.on("record", settled);
  site.on("surface", settled);
  site.on("weights", (options) => {
    refresh();
    if (!(options && options.live) && site.model.isOwn && isEdited) {
      // Back at the weights of the decision: so is the brief.
      isEdited = false;
      site.form.amend((brief) => {
        for (const name of ["weights", "criteria"]) {
          if (site.brief[name] === undefined) delete brief[name];
          else brief[name] = JSON.parse(JSON.stringify(site.brief[name]));
        }
      });
      adopt(site.brief);
    }
  });
  site.weights = { draw, shares, criteria, judged };
})((window.geoplan = window.geoplan || {}));
