// How numbers are written. The same rules as webmap/figures.py, which explains them.
(function (geoplan) {
  "use strict";

  const chinese = () => geoplan.lang === "zh";

  function decimal(value, places) {
    const text = value.toLocaleString("en-US", { maximumFractionDigits: places });
    if (Number(text.replaceAll(",", "")) === 0 && value !== 0) {
      return value.toPrecision(2).includes("e") ? value.toFixed(8) : String(Number(value.toPrecision(2)));
    }
    return text;
  }

  /** 万元 → “877.63 亿元”, “CNY 87.76 bn”. */
  function money(wanyuan) {
    if (wanyuan === null || wanyuan === undefined) return "—";
    const size = Math.abs(wanyuan);
    if (chinese()) {
      if (size >= 10000) return `${decimal(wanyuan / 10000, 2)} 亿元`;
      return `${decimal(wanyuan, size >= 100 ? 0 : 2)} 万元`;
    }
    if (size >= 100000) return `CNY ${decimal(wanyuan / 100000, 2)} bn`;
    return `CNY ${decimal(wanyuan / 100, 2)} million`;
  }

  /** To the 万元, for lines whose parts must be seen to add up. */
  const exactMoney = (wanyuan) =>
    chinese() ? `${decimal(wanyuan, 0)} 万元` : `CNY ${decimal(wanyuan / 100, 2)} million`;

  const count = (value) => decimal(value, 1);

  function area(km2) {
    const mu = km2 < 1 ? decimal(km2 * 1500, 0) : "";
    if (chinese()) return `${decimal(km2, 2)} 平方公里${mu && `（${mu} 亩）`}`;
    return `${decimal(km2, 2)} km²${mu && ` (${mu} mu)`}`;
  }

  /** One unit for a set of amounts, so that it can stand once above them. */
  function scale(most) {
    if (chinese()) return most >= 100000 ? { divisor: 10000, unit: "亿元" } : { divisor: 1, unit: "万元" };
    return most >= 100000 ? { divisor: 100000, unit: "CNY bn" } : { divisor: 100, unit: "CNY million" };
  }

  const PER = {
    investment_wanyuan: ["", ""],
    investment_wanyuan_per_km2: ["/平方公里", " per km²"],
    investment_wanyuan_per_mu: ["/亩", " per mu"],
  };
  const UNITS = {
    project_count: ["个", "projects"],
    projects_per_km2: ["个/平方公里", "projects per km²"],
    firm_count: ["家", "firms"],
    firms_per_km2: ["家/平方公里", "firms per km²"],
  };

  /** A value of a density measure with its unit. */
  function measured(measure, value) {
    if (value === null || value === undefined) return "—";
    const at = chinese() ? 0 : 1;
    if (PER[measure]) return money(value) + PER[measure][at];
    return `${decimal(value, 2)} ${(UNITS[measure] || ["", ""])[at]}`;
  }

  geoplan.figures = { decimal, money, exactMoney, count, area, measured, scale, PER };
})((window.geoplan = window.geoplan || {}));
