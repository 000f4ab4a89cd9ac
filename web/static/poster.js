"use strict";

// Printing also works from the browser's menu; the button is there where scripts run.
const button = document.querySelector("#print");
button.hidden = false;
button.addEventListener("click", () => window.print());
