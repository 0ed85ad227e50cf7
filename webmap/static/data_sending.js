// Sending a file, waiting for what is found in it, stopping. Nothing here draws.
(function (geoplan) {
  "use strict";

  const root = (geoplan.page.root || "").replace(/\/$/, "");
  const LOOK_MS = [150, 250, 400, 700];
  const PATIENCE_MS = 60000;
  const HEADERS = { Accept: "application/json", "X-Language": geoplan.lang };

  const address = (path) => `${root}/api/data/${path}`;

  async function asked(path, method, body) {
    const options = { method, headers: { ...HEADERS } };
    if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    let response;
    try {
      response = await fetch(address(path), options);
    } catch {
      throw Object.assign(new Error(geoplan.t("data.offline")), { isOffline: true });
    }
    if (response.status === 204) return {};
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      const error = new Error(answer.error || `${response.status} ${path}`);
      error.status = response.status;
      throw error;
    }
    return answer;
  }

  /** Send a file; `told` hears the share that has left. */
  function send(file, told) {
    const request = new XMLHttpRequest();
    const sent = new Promise((resolve, reject) => {
      request.open("POST", `${address("imports")}?name=${encodeURIComponent(file.name.slice(-150))}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      for (const [name, value] of Object.entries(HEADERS)) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => told(event.lengthComputable ? event.loaded / event.total : 0);
      request.onload = () => {
        let answer = {};
        try {
          answer = JSON.parse(request.responseText);
        } catch {
          // The message below says which status it was.
        }
        if (request.status === 201) resolve(answer);
        else reject(new Error(answer.error || `${request.status}`));
      };
      request.onerror = () => reject(new Error(geoplan.t("data.offline")));
      request.onabort = () => reject(new Error(geoplan.t("data.state_cancelled")));
      request.send(file);
    });
    return { sent, stop: () => request.abort() };
  }

  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

  /** Wait for the outcome of the work on an upload; `told` hears how far it is. */
  async function outcome(token, told) {
    let heard = Date.now();
    for (let turn = 0; ; turn += 1) {
      try {
        const state = await asked(`imports/${token}`, "GET");
        if (state.state !== "waiting" && state.state !== "working") return state;
        heard = Date.now();
        told(state);
      } catch (error) {
        // A server that is started again knows of the work.
        if (!error.isOffline || Date.now() - heard > PATIENCE_MS) throw error;
        told({ state: "offline" });
      }
      await pause(LOOK_MS[Math.min(turn, LOOK_MS.length - 1)]);
    }
  }

  /** The imports so far, as a fresh copy of this page lists them. */
  async function recent() {
    const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    return fresh.querySelector(".recent");
  }

  async function preview(token, order, told) {
    await asked(`imports/${token}/preview`, "POST", order);
    return outcome(token, told);
  }

  async function write(token, order, told) {
    await asked(`imports/${token}/write`, "POST", order);
    return outcome(token, told);
  }

  const cancel = (token) => asked(`imports/${token}/cancel`, "POST", {});
  const forget = (token) => asked(`imports/${token}`, "DELETE");
  const undo = (entry, last) => asked("undo", "POST", { entry, last });

  geoplan.sending = { send, preview, write, cancel, forget, undo, recent, address };
})((window.geoplan = window.geoplan || {}));
