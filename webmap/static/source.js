// The only way to data: an address of the API, or the same answer carried in the file.
(function (geoplan) {
  "use strict";

  const root = (geoplan.page.root || "").replace(/\/$/, "");
  const pending = new Map();
  const carried = document.getElementById("answers");
  let opened = null;

  /** The one way to write an address: parameters sorted, empty ones left out. */
  function pathOf(name, params) {
    const pairs = Object.entries(params || {})
      .filter(([, value]) => value !== "" && value !== null && value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
    return `/api/${name}${pairs.length ? `?${pairs.join("&")}` : ""}`;
  }

  async function unpack(base64) {
    if (typeof DecompressionStream === "undefined") throw new Error(geoplan.t("map.too_old"));
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  // Answers are packed in groups; a group is opened when one of its answers is asked for.
  async function openCarried() {
    const given = JSON.parse(carried.textContent);
    opened = { index: await unpack(given.index), parts: given.parts };
  }

  async function fromCarried(path) {
    const { index, parts } = opened;
    if (!index[path]) throw new Error(geoplan.t("map.not_carried"));
    const [part, place] = index[path];
    if (typeof parts[part] === "string") parts[part] = unpack(parts[part]);
    return (await parts[part])[place];
  }

  async function fetched(path) {
    const response = await fetch(root + path, { headers: { Accept: "application/json", "X-Language": geoplan.lang } });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.error || `${response.status} ${path}`);
    return answer;
  }

  /** Answer for a path; asked once. */
  function get(path) {
    if (!pending.has(path)) {
      const answer = carried ? fromCarried(path) : fetched(path);
      pending.set(path, answer);
      answer.catch(() => pending.delete(path));
      if (pending.size > 400) pending.delete(pending.keys().next().value);
    }
    return pending.get(path);
  }

  /** Whether an answer can be had: always on a served page. */
  const has = (path) => !carried || opened.index[path] !== undefined;

  const ready = () => (carried && !opened ? openCarried() : Promise.resolve());

  geoplan.source = { get, has, pathOf, ready, isCarried: Boolean(carried) };
})((window.geoplan = window.geoplan || {}));
