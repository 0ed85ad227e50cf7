// Areas of the planner's own where nothing may go: a file in the form, a rule of the brief, a shape on the map.
(function (geoplan) {
  "use strict";

  const { el, t, data, site, symbols, replace } = geoplan;

  const ID = "own-exclusion";
  const LARGEST = 5 * 2 ** 20;
  const PART = "rules";
  const STYLE = { color: "#5b4a3a", weight: 1.2, dashArray: "5 3", fillColor: "#5b4a3a", fillOpacity: 0.22 };

  let features = null;
  let name = "";
  let drawn = null;

  const part = (id) => document.getElementById(`exclusion-${id}`);
  const number = (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);

  // ---- the brief
  /** The rules of a brief with ours in place of what it held. */
  function written(rules) {
    const others = (rules || []).filter((rule) => rule.id !== ID);
    if (!features) return others.length ? others : undefined;
    const km = part("distance").value.trim();
    const off = part("accuracy").value.trim();
    const rule = { id: ID, name_zh: `自有排除范围（${name}）`, name_en: `Own exclusion areas (${name})`, effect: "exclude", features };
    if (km) Object.assign(rule, { measure: "distance_m", most: typeof number(km) === "number" ? Math.round(number(km) * 1e6) / 1000 : km });
    else rule.measure = "inside";
    if (off) rule.accuracy_m = number(off);
    return [...others, rule];
  }

  function fill(rules) {
    const rule = (rules || []).find((one) => one.id === ID);
    features = (rule && rule.features) || null;
    name = features ? (/\((.*)\)$/.exec(rule.name_en || "") || ["", rule.id])[1] : "";
    part("distance").value = rule && typeof rule.most === "number" ? String(rule.most / 1000) : "";
    part("accuracy").value = rule && rule.accuracy_m ? String(rule.accuracy_m) : "";
    told();
  }

  const count = () => (features ? features.features.length : 0);

  function told() {
    replace(part("said"), features ? [t("site.exclusion_read", { count: count() }), geoplan.lang === "zh" ? "" : " ", data(name)] : t("site.exclusion_none"));
    part("more").hidden = part("remove").hidden = !features;
  }

  const refused = (said) => site.form.showFaults([{ field: PART, zh: said, en: said }]);

  async function upload(file) {
    site.form.clearFaults();
    if (file.size > LARGEST) {
      refused(t("site.file_large"));
      return;
    }
    replace(part("said"), t("site.reading_file", { name: file.name }));
    try {
      const answer = await site.asking.send("parcels", { name: file.name, content: await site.asking.base64(file), use: "areas" });
      features = answer.features;
      name = file.name.replace(/[()\n]/g, " ").slice(0, 60);
    } catch (error) {
      if (error.problems && error.problems.length) site.form.showFaults(error.problems);
      else refused(error.message);
    }
    told();
    site.tell("touched");
  }

  function start() {
    const file = part("file");
    part("choose").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files[0]) upload(file.files[0]);
      file.value = "";
    });
    part("remove").addEventListener("click", () => {
      features = null;
      told();
      part("choose").focus();
      site.tell("touched");
    });
    told();
  }

  // ---- the map: all areas that the rules of the answered brief bring along
  function draw() {
    if (drawn) drawn.remove();
    drawn = null;
    const own = site.answer() ? ((site.brief || {}).rules || []).filter((rule) => rule.features) : [];
    if (!own.length) return;
    const pane = "context";
    const style = { ...STYLE, pane, interactive: false };
    drawn = L.layerGroup(own.map((rule) => L.geoJSON(rule.features, { pane, interactive: false, style: () => style, pointToLayer: (_, at) => L.circleMarker(at, { ...style, radius: 4 }) })));
    drawn.addTo(site.map.leaflet());
  }

  /** A row of the key, where something is drawn. */
  const keyRow = () => (drawn ? el("div.key-row", {}, symbols.areaSwatch({ fill: STYLE.fillColor, stroke: STYLE.color, width: 1.2, dash: "3 2", fillOpacity: STYLE.fillOpacity }), t("site.exclusion")) : null);

  site.on("record", draw);
  site.on("surface", draw);
  site.on("cleared", draw);

  site.exclusion = { ID, start, written, fill, keyRow };
})((window.geoplan = window.geoplan || {}));
