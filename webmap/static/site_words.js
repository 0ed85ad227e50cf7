// Measured values, changes and shares as a planner says them.
(function (geoplan) {
  "use strict";

  const { site, t, say, figures } = geoplan;
  const { decimal } = figures;

  const percent = (share, places) => `${decimal(share * 100, places ?? (share && share < 0.1 ? 1 : 0))}%`;

  const plain = (divisor, places) => (value) => decimal(value / divisor, places);

  /** How values of a unit are written: the number, and what stands around it. The scale is that of the largest. */
  function writing(unit, most) {
    switch (unit) {
      case "m":
        return most >= 1000 ? { number: plain(1000, 1), around: "map.kilometres" } : { number: plain(1, 0), around: "map.metres" };
      case "ratio":
        return { number: plain(1, 2), around: "site.times" };
      case "level":
        return { number: plain(1, 1), around: "site.level" };
      case "firms":
      case "platforms":
      case "gaps":
        return { number: plain(1, 1), around: `site.unit_${unit}` };
      case "share":
        return { number: (value) => percent(value) };
      case "wanyuan":
        return { number: figures.money };
      case "km2":
        return { number: figures.area };
      case "count":
      case "":
      case undefined:
      case null:
        return { number: plain(1, 1) };
      default:
        return { number: plain(1, 2), after: ` ${unit}` };
    }
  }

  const around = (how, text) => (how.around ? t(how.around, { count: text }) : text + (how.after || ""));
  const isMissing = (value) => value === null || value === undefined;

  /** One value with its unit. */
  function amount(value, unit) {
    if (isMissing(value)) return t("site.unknown_value");
    const how = writing(unit, Math.abs(value));
    return around(how, how.number(value));
  }

  /** A measured value; where it is known to a range, the range. */
  function measured(given, unit) {
    if (!given || isMissing(given.best)) return t("site.unknown_value");
    const { best, low, high } = given;
    const how = writing(unit, Math.max(Math.abs(best), Math.abs(high ?? 0)));
    const said = around(how, how.number(best));
    if (isMissing(low) || isMissing(high)) return said;
    const [least, most] = [how.number(low), how.number(high)];
    return least === most ? said : t("site.range", { best: said, low: least, high: most });
  }

  const weight = (share) => percent(share, 1);
  const score = (value) => (value === null || value === undefined ? "—" : value.toFixed(3));

  /** What would have to change for a site to win, in one sentence. */
  function flip(change) {
    const criterion = site.criterionOf(change.criterion);
    const name = criterion ? say(criterion) : change.criterion;
    if (change.unit === undefined) {
      return t(change.to > change.from ? "site.flip_weight_up" : "site.flip_weight_down", { name, from: weight(change.from), to: weight(change.to) });
    }
    const key = change.to > change.from ? "site.flip_value_up" : "site.flip_value_down";
    return t(key, { name, from: amount(change.from, change.unit), to: amount(change.to, change.unit) });
  }

  /** A share of draws: never all or none of them where it is nearly so. */
  function chance(share) {
    if (share > 0 && share < 0.001) return "< 0.1%";
    if (share < 1 && share > 0.999) return "> 99.9%";
    return percent(share, share < 0.1 || share > 0.99 ? 1 : 0);
  }

  const error = (share) => (share < 0.001 ? "0.1" : decimal(share * 100, 1));

  /** “63 % ± 1” of the draws. */
  function firstShare(first) {
    if (!first) return "—";
    return first.error < 0.001 ? chance(first.share) : `${chance(first.share)} ± ${error(first.error)}`;
  }

  const placeOf = (one) => [geoplan.lang === "zh" ? one.kind_zh : one.kind_en, say(one.district)].filter(Boolean).join(" · ");

  /** How far on the wrong (or right) side of a limit. */
  function margin(check) {
    if (check.margin === null || check.margin === undefined) return "";
    const size = amount(Math.abs(check.margin), check.unit);
    return t(check.margin < 0 ? "site.short_of" : "site.to_spare", { size });
  }

  // Tol's muted and bright sets in turn: neighbours in a bar differ in hue and in lightness.
  const COLOURS = ["#1d5468", "#cc7a29", "#7a9a3a", "#882255", "#44aa99", "#ddb043", "#332288", "#cc6677", "#88bbdd", "#5b4a2e", "#aa4499", "#117733", "#9a9a9a", "#b0662f", "#6688aa"];
  const colourOf = (id) => {
    const at = site.criteria().findIndex((one) => one.id === id);
    return COLOURS[(at < 0 ? 0 : at) % COLOURS.length];
  };

  site.words = { amount, measured, percent, chance, error, weight, score, flip, firstShare, placeOf, margin, colourOf };
})((window.geoplan = window.geoplan || {}));
