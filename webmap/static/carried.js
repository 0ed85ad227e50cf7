// Only in the carried file: its frame in the language that was chosen.
(function (geoplan) {
  "use strict";

  const { t, say, el, data } = geoplan;
  const facts = geoplan.read("state");
  document.title = say(facts.plan);
  document.querySelector(".frame-title").replaceChildren(data(say(facts.plan)));
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(`map.${node.dataset.t}`);
  for (const node of document.querySelectorAll("[data-t-title]")) node.title = t(`map.${node.dataset.tTitle}`);
  document.getElementById("made").textContent = t("map.made", { day: geoplan.page.made });
  const language = document.getElementById("language");
  language.textContent = geoplan.lang === "zh" ? "English" : "中文";
  const notices = facts.notices || [];
  const age = document.getElementById("age");
  if (!notices.length) age.remove();
  else age.append(el("summary", {}, t("map.aged", { count: notices.length })), el("ul", {}, notices.map((one) => el("li", {}, data(say(one))))));
})((window.geoplan = window.geoplan || {}));
