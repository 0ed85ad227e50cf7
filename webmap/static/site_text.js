// The brief as text to edit, copy and keep; briefs and decision records from a file.
(function (geoplan) {
  "use strict";

  const { el, t, say, data, site, replace } = geoplan;

  const pane = document.getElementById("pane-text");
  const FORMAT = "geoplan decision record";
  let area = null;
  let said = null;
  let form = "toml";
  let texts = { toml: "", json: "" };

  function tell(...children) {
    replace(said, ...children);
  }

  function faults(error) {
    const problems = error.problems || [];
    tell(el("div.notice", {}, data(error.message), problems.length ? el("ul", {}, problems.map((one) => el("li", {}, el("code", {}, one.field), " ", data(say(one))))) : null));
  }

  /** What the form says, as text. */
  async function refresh() {
    const brief = site.form.read();
    try {
      const answer = await site.asking.send("text", { brief });
      texts = { toml: answer.toml, json: JSON.stringify(answer.brief, null, 2) };
      area.value = texts[form];
      tell();
    } catch (error) {
      texts = { toml: "", json: JSON.stringify(brief, null, 2) };
      if (form === "json") area.value = texts.json;
      faults(error);
    }
  }

  async function apply() {
    try {
      const answer = await site.asking.send("text", { text: area.value });
      texts = { toml: answer.toml, json: JSON.stringify(answer.brief, null, 2) };
      site.form.fill(answer.brief);
      tell(el("p.soft", {}, t("site.text_applied")));
    } catch (error) {
      faults(error);
    }
  }

  async function copy(event) {
    const button = event.currentTarget;
    try {
      await navigator.clipboard.writeText(area.value);
      button.textContent = t("map.copied");
    } catch {
      area.select();
    }
  }

  const kept = () => site.asking.save(new Blob([area.value], { type: "text/plain;charset=utf-8" }), `brief.${form}`);

  // ---- files
  async function opened(file) {
    if (file.size > 8 * 2 ** 20) {
      tell(el("p.notice", {}, t("site.file_large_record")));
      return;
    }
    const text = await file.text();
    let record = null;
    try {
      const found = JSON.parse(text);
      if (found && found.format === FORMAT) record = found;
    } catch {
      // No JSON: a brief in TOML.
    }
    if (record) await replay(record, file.name);
    else {
      area.value = text;
      await apply();
      area.value = texts[form] || text;
    }
  }

  /** Does the record still hold with the plan as it is now? */
  async function replay(record, name) {
    tell(el("p.soft", {}, t("site.replaying")));
    try {
      const answer = await site.asking.send("replay", record);
      const listed = (list, key) => (list.length ? [el("p", {}, t(key)), el("ul", {}, list.map((one) => el("li", {}, data(say(one)))))] : null);
      tell(el(`div.replay${answer.same ? "" : ".notice"}`, {},
        el("p", {}, el("strong", {}, t(answer.same ? "site.replay_same" : "site.replay_changed")), " ", data(name)),
        listed(answer.effects, "site.replay_effects"), listed(answer.causes, answer.same ? "site.replay_harmless" : "site.replay_causes")));
      site.form.fill(record.brief);
      area.value = JSON.stringify(record.brief, null, 2);
      form = "json";
      drawChoice();
      site.tell("decide");
    } catch (error) {
      faults(error);
    }
  }

  let choice = null;
  function drawChoice() {
    replace(choice, ["toml", "json"].map((name) => el("button", { type: "button", "aria-pressed": String(form === name), onclick: () => {
      form = name;
      area.value = texts[name];
      drawChoice();
    } }, name.toUpperCase())));
  }

  function draw() {
    area = el("textarea.brief-text", { spellcheck: "false", rows: "22", "aria-label": t("site.brief_text"), id: "brief-text" });
    said = el("div.text-said", { role: "status" });
    choice = el("div.choice", { role: "group", "aria-label": t("site.text_form") });
    const file = el("input.visually-hidden", { type: "file", id: "brief-file", accept: ".toml,.json", tabindex: "-1", "aria-hidden": "true", onchange: () => {
      if (file.files[0]) opened(file.files[0]);
      file.value = "";
    } });
    drawChoice();
    replace(pane, el("div.text-pane", {},
      el("p.soft.small", {}, t("site.text_lead")),
      el("div.buttons", {}, choice, el("button", { type: "button", onclick: copy }, t("site.copy")), el("button", { type: "button", onclick: kept }, t("site.keep"))),
      area,
      el("div.buttons", {}, el("button.primary", { type: "button", id: "text-apply", onclick: apply }, t("site.text_apply"))),
      said,
      el("h3", {}, t("site.load")), el("p.soft.small", {}, t("site.load_lead")),
      el("button", { type: "button", onclick: () => file.click() }, t("site.load_file")), file));
  }

  site.text = { draw, refresh };
})((window.geoplan = window.geoplan || {}));
