// Questions that are sent: briefs, weights, files. Answers are records or what is wrong, by field.
(function (geoplan) {
  "use strict";

  const { site, t } = geoplan;
  const root = (geoplan.page.root || "").replace(/\/$/, "");

  const TURNS = 20;
  const WAIT_MS = 3000;

  class Refused extends Error {
    constructor(message, status, problems) {
      super(message);
      this.status = status;
      this.problems = problems || [];
    }
  }

  async function send(path, body, options) {
    const { signal, raw } = options || {};
    let response;
    try {
      response = await fetch(`${root}/api/site/${path}`, {
        method: "POST", signal, body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-Language": geoplan.lang },
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Refused(t("site.unreachable"), 0);
    }
    if (raw && response.ok) return response;
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refused(answer.error || `${response.status} ${path}`, response.status, answer.problems);
    return answer;
  }

  let running = null;

  /** Send a long question; a newer one takes the place of one that is still being answered. */
  async function alone(path, body) {
    if (running) running.abort();
    const mine = new AbortController();
    running = mine;
    try {
      for (let turn = 1; ; turn += 1) {
        try {
          const answer = await send(path, body, { signal: mine.signal });
          return running === mine ? answer : null;
        } catch (error) {
          if (error.status !== 503 || turn === TURNS || running !== mine) throw error;
          // Others are being answered: stand in line, and say so.
          site.tell("waiting");
          await new Promise((resolve) => { setTimeout(resolve, WAIT_MS); });
          if (running !== mine) return null;
        }
      }
    } finally {
      if (running === mine) running = null;
    }
  }

  function took(brief, saved, answer) {
    site.brief = brief;
    site.id = saved.id;
    site.kept = saved.kept;
    Object.assign(site, { record: null, geometry: null, model: null, surface: null, cell: null, ...answer });
  }

  /** Decide on a brief, or explore the grid that it asks about: whether there is a new answer. */
  async function decide(brief) {
    if ((brief.candidates || {}).kind === "grid") {
      const answer = await alone("explore", { brief, ...site.areas.wanted() });
      if (!answer) return false;
      const { saved, ...surface } = answer;
      took(brief, saved, { surface });
      return true;
    }
    const answer = await alone("decide", brief);
    if (!answer) return false;
    const { geometry, saved, ...record } = answer;
    took(brief, saved, { record, geometry, model: site.weighing.modelOf(record) });
    return true;
  }

  async function fetched(path) {
    const response = await fetch(`${root}/api/site/${path}`, { headers: { "X-Language": geoplan.lang } });
    if (response.ok) return response;
    const answer = await response.json().catch(() => ({}));
    throw new Refused(answer.error || `${response.status} ${path}`, response.status);
  }

  const load = async (id) => (await fetched(`briefs/${encodeURIComponent(id)}.json`)).json();

  /** Save a file of the result: by its address, or where the brief could not be kept, by asking. */
  async function take(file, params) {
    const asked = params || {};
    const response = site.kept
      ? await fetched(`${site.id}/${file}?${new URLSearchParams({ ...asked, lang: geoplan.lang })}`)
      : await send(`files/${file}`, { brief: site.brief, ...asked }, { raw: true });
    const named = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("Content-Disposition") || "");
    save(await response.blob(), named ? decodeURIComponent(named[1]) : file);
  }

  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  function base64(file) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
      reader.onerror = () => reject(new Refused(t("site.file_unreadable"), 0));
      reader.readAsDataURL(file);
    });
  }

  site.asking = { send, decide, load, take, save, base64, Refused };
})((window.geoplan = window.geoplan || {}));
