// The way in: choose, look, answer, look again, write. State is one upload at a time.
(function (geoplan) {
  "use strict";

  const { el, t, data, read, replace, announce, sending, report: shows } = geoplan;
  const given = read("import");
  const at = (id) => document.getElementById(id);
  const now = { token: "", asked: new Map(), mapping: {}, answers: {}, state: null, busy: false, changed: false };

  // ---- what is going on
  // The row stays where it is, so that the button can be clicked and nothing is read out twice.
  function working(label, share, stop) {
    let row = at("working").querySelector(".progress-row");
    if (!row) {
      row = el("div.progress-row", {}, el("span"), el("progress", { max: "1", "aria-hidden": "true" }), el("button", { type: "button", id: "stop" }, t("data.stop")));
      replace(at("working"), row);
    }
    const [said, bar, button] = row.children;
    if (said.textContent !== label) said.textContent = label;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    button.hidden = !stop;
    button.onclick = stop;
  }

  const told = (state) => {
    if (state.state === "offline") return working(t("data.reconnecting"), null, null);
    const label = state.state === "waiting" ? t("data.queued") : t(`data.stage_${state.stage || "reading"}`);
    return working(label, state.state === "waiting" ? null : state.share ?? 0, state.what === "write" ? null : () => sending.cancel(now.token).catch(fail));
  };

  const quiet = () => replace(at("working"));

  function fail(error) {
    now.busy = false;
    const canRetry = now.token && error.status !== 404;
    replace(at("working"), el("p.notice", { role: "alert" }, data(error.message)), canRetry ? el("p", {}, el("button", { type: "button", onclick: again }, t("data.preview_again"))) : null);
    at("working").scrollIntoView({ block: "nearest" });
    settle();
  }

  const isEmpty = () => !now.state || !now.state.result || !(now.state.result.files || []).length;

  // Only what was shown is written: changed answers are previewed first.
  function settle() {
    for (const button of document.querySelectorAll("#report button.acts")) button.disabled = now.busy;
    const button = at("write");
    if (!button) return;
    const partial = at("partial");
    button.disabled = now.busy || now.changed || isEmpty() || (partial !== null && !partial.checked);
    at("unseen").hidden = !now.changed;
  }

  function noted(event) {
    if (event.target.id !== "partial") now.changed = true;
    settle();
  }

  // ---- send and look
  async function take(file) {
    if (!file || now.busy) return;
    if (file.size > given.largest) return fail(new Error(t("data.error_size", { limit: Math.floor(given.largest / 1048576) })));
    if (now.token) sending.forget(now.token).catch(() => {});
    Object.assign(now, { token: "", asked: new Map(), mapping: {}, answers: {}, state: null, busy: true, changed: false });
    replace(at("report"));
    try {
      const running = sending.send(file, (share) => working(t("data.sending", { name: file.name }), share, () => running.stop()));
      now.token = (await running.sent).token;
      now.busy = false;
      await look();
    } catch (error) {
      fail(error);
    }
  }

  const source = () => Object.fromEntries([...document.querySelectorAll(".source-form input")].map((one) => [one.name, one.value.trim()]).filter(([, value]) => value));

  async function look() {
    if (now.busy || !now.token) return;
    now.busy = true;
    settle();
    try {
      const order = { as: at("target").value, mapping: now.mapping, answers: now.answers, source: source() };
      now.state = await sending.preview(now.token, order, told);
      Object.assign(now, { busy: false, changed: false });
      draw();
      settle();
    } catch (error) {
      fail(error);
    }
  }

  // ---- what was answered on the page
  function gather() {
    for (const choice of document.querySelectorAll("#mapping select[data-column]")) {
      if (choice.value !== choice.dataset.found) now.mapping[choice.dataset.column] = choice.value;
    }
    for (const control of document.querySelectorAll("#report [name^='answer:']")) {
      const id = control.name.slice("answer:".length);
      if (control.type === "radio" ? control.checked : true) {
        const value = control.value.trim();
        if (value) now.answers[id] = value;
        else if (control.type !== "radio") delete now.answers[id];
      }
    }
    for (const control of document.querySelectorAll("#report [name^='own:']")) {
      if (control.value.trim()) now.answers[control.name.slice("own:".length)] = control.value.trim();
    }
  }

  function again() {
    gather();
    look();
  }

  async function write() {
    if (now.busy) return;
    now.busy = true;
    settle();
    try {
      const partial = at("partial");
      const state = await sending.write(now.token, { digest: now.state.result.report.digest, partial: Boolean(partial && partial.checked) }, told);
      now.busy = false;
      quiet();
      written(state);
    } catch (error) {
      fail(error);
    }
  }

  // ---- draw
  function draw() {
    const { state } = now;
    quiet();
    if (state.state !== "done") return fail(new Error(state.message));
    const { result } = state;
    if (result.refused) {
      // An answer that cannot be used is still on the page, to be changed.
      replace(at("report"), shows.whole(result.refused), corrections());
      announce(t("data.refused_whole"));
      return undefined;
    }
    if (result.error) return fail(new Error(result.error));
    const { report } = result;
    for (const one of report.questions) now.asked.set(one.id, one);
    const asked = [...now.asked.values()];
    replace(at("report"),
      el("div.report-head", {}, el("h2", {}, el("span.step", {}, "2"), t("data.step_look"), " ", el("span.soft", {}, data(report.file), " → ", shows.tableName(report.target))), shows.counts(report.counts)),
      shows.reading(state), shows.questions(asked, now.answers, asked.length + report.questions_count - report.questions.length, againButton()), shows.mapping(state, againButton()), shows.changes(report), shows.refusals(report), shows.others(report), actions(report));
    announce(t("data.looked", { taken: report.counts.taken, changed: report.counts.changed, refused: report.counts.refused }));
    show();
    return undefined;
  }

  // Who works with the keyboard goes on where there is something new to read.
  function show() {
    const head = at("report").querySelector("h2");
    head.tabIndex = -1;
    head.focus({ preventScroll: true });
    at("report").scrollIntoView({ block: "start" });
  }

  const againButton = (more = {}) => el("button.acts", { type: "button", onclick: again, ...more }, t("data.preview_again"));

  function corrections() {
    const clear = () => {
      Object.assign(now, { mapping: {}, answers: {} });
      look();
    };
    return el("p", {}, el("button.acts", { type: "button", onclick: clear }, t("data.start_over")));
  }

  function actions(report) {
    const nothing = isEmpty();
    const waiting = report.counts.waiting;
    const file = (name, label) => el("a.button", { href: `${sending.address(`imports/${now.token}/${name}`)}?lang=${geoplan.lang}`, download: true }, label);
    const isLeft = report.refused.length || report.warnings.length || report.skipped.length;
    return el("section.actions", { id: "actions" }, el("h2", {}, el("span.step", {}, "3"), t("data.step_write")),
      el("p.buttons", {},
        againButton({ id: "again" }),
        given.write ? el("button.acts.primary", { type: "button", id: "write", onclick: write }, t("data.write")) : null,
        nothing ? null : file("change.zip", t("data.take_change")), isLeft ? file("remarks.csv", t("data.take_remarks")) : null),
      nothing ? el("p.soft", {}, waiting ? t("data.answer_first") : t("data.nothing_to_write")) : null,
      el("p.notice", { id: "unseen", hidden: true }, t("data.unseen")),
      given.write && waiting && !nothing ? el("p", {}, el("label", {}, el("input", { type: "checkbox", id: "partial" }), " ", t("data.partial", { count: waiting }))) : null,
      given.write ? el("p.soft.small", {}, t("data.write_note")) : el("p.soft", {}, t("data.read_only_then")),
      given.write ? null : el("pre.command", { tabindex: "0" }, data(now.state.command, "code")));
  }

  function written(state) {
    const result = state.result || {};
    if (state.state !== "done") return fail(new Error(state.message));
    if (result.stale) return fail(Object.assign(new Error(t("data.error_stale")), { status: 409 }));
    if (result.refused) {
      replace(at("working"), shows.whole(result.refused), el("p", {}, el("button", { type: "button", onclick: again }, t("data.preview_again"))));
      return undefined;
    }
    if (result.error) return fail(new Error(`${t("data.not_written")} ${result.error}`));
    const { written: done } = result;
    now.token = "";
    replace(at("report"), el("div.written", { role: "status" }, el("h2", {}, t("data.written")), shows.counts(done.counts),
      el("p", {}, t("data.written_files"), " ", done.files.map((one, index) => [index ? ", " : "", el("code", {}, data(one))])),
      done.entry ? el("p", {}, t("data.kept_in"), " ", el("code", {}, `.geoplan/history/${done.entry}/before`)) : null,
      el("p.buttons", {}, done.entry ? el("button", { type: "button", id: "undo", onclick: (event) => undo(done.entry, done.entry, event.target) }, t("data.undo")) : null,
        el("a.button", { href: `?lang=${geoplan.lang}` }, t("data.next_file")))));
    announce(t("data.written"));
    show();
    listRecent();
    return undefined;
  }

  // ---- taking back
  async function undo(entry, last, button) {
    button.disabled = true;
    try {
      await sending.undo(entry, last);
      button.replaceWith(el("strong", { role: "status", class: "done", tabindex: "-1" }, t("data.undone_now")));
      const done = document.querySelector(".done");
      // The report of an import that does not stand any more says nothing.
      if (!at("report").contains(done) && document.querySelector("#report .written")) replace(at("report"));
      announce(t("data.undone_now"));
      listRecent();
    } catch (error) {
      button.disabled = false;
      fail(error);
    }
  }

  function bindRecent() {
    for (const button of document.querySelectorAll("button.undo")) {
      button.addEventListener("click", () => undo(button.dataset.entry, button.dataset.last, button));
    }
  }

  async function listRecent() {
    const fresh = await sending.recent().catch(() => null);
    if (!fresh) return;
    document.querySelector(".recent").replaceWith(fresh);
    bindRecent();
  }

  // ---- choosing
  function begin() {
    const drop = at("drop");
    at("report").addEventListener("change", noted);
    at("file").addEventListener("change", (event) => {
      take(event.target.files[0]);
      event.target.value = "";
    });
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.add("is-over");
      });
    }
    for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("is-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    });
    const template = at("template");
    const settleTemplate = () => {
      const table = at("target").value || "projects";
      template.hidden = !given.tables[table];
      template.href = template.dataset.root.replace("TABLE", table);
    };
    at("target").addEventListener("change", () => {
      settleTemplate();
      now.mapping = {};
      if (now.token) look();
    });
    settleTemplate();
    bindRecent();
    document.body.dataset.ready = "";
  }

  begin();
})((window.geoplan = window.geoplan || {}));
