// The download form: a format that knows one CRS only says so. It works without this.
"use strict";

(function () {
  const LONLAT = ["geojson", "kml", "kmz"];
  const PLAIN = ["csv", "xlsx", "qml"];
  const form = document.getElementById("download");
  if (!form || !form.elements.crs) return;

  function settle() {
    const format = form.elements.format.value;
    form.elements.crs.disabled = LONLAT.includes(format) || PLAIN.includes(format);
  }

  form.elements.format.addEventListener("change", settle);
  settle();
})();
