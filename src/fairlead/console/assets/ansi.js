// Terminal colours: what an escape sequence does to the style of the text after it.
"use strict";

const Ansi = (() => {
  const PLAIN = Object.freeze({ fg: "", bg: "", marks: "" });
  const ESCAPE = /\x1b(?:\[([0-?]*)[ -\/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -\/]*[0-~])/g;
  const UNSEEN = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g;
  const MARKS = { 1: "bold", 2: "dim", 3: "italic", 4: "under", 7: "inverse", 9: "strike" };
  const ENDS = { 22: ["bold", "dim"], 23: ["italic"], 24: ["under"], 27: ["inverse"], 29: ["strike"] };

  function cube(n) {
    if (n < 16) return null;
    if (n > 231) return `rgb(${Array(3).fill(8 + (n - 232) * 10).join(" ")})`;
    const level = (v) => (v ? 55 + v * 40 : 0);
    n -= 16;
    return `rgb(${level(Math.floor(n / 36))} ${level(Math.floor(n / 6) % 6)} ${level(n % 6)})`;
  }

  // Reads `38;5;N` or `38;2;R;G;B` after the 38; returns the colour and how many codes it took.
  function extended(codes, at) {
    if (codes[at] === 5) {
      const n = codes[at + 1] & 255;
      return [n < 16 ? String(n & 7) : cube(n), 2];
    }
    if (codes[at] === 2) return [`rgb(${codes.slice(at + 1, at + 4).map((v) => v & 255).join(" ")})`, 4];
    return ["", 1];
  }

  function without(marks, gone) {
    return marks.split(" ").filter((mark) => mark && !gone.includes(mark)).join(" ");
  }

  function apply(style, parameters) {
    const codes = parameters.split(/[;:]/).map(Number);
    let { fg, bg, marks } = style;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      if (!code) [fg, bg, marks] = ["", "", ""];
      else if (MARKS[code]) marks = `${without(marks, [MARKS[code]])} ${MARKS[code]}`.trim();
      else if (ENDS[code]) marks = without(marks, ENDS[code]);
      else if (code === 38 || code === 48) {
        const [colour, taken] = extended(codes, i + 1);
        if (code === 38) fg = colour;
        else bg = colour;
        i += taken;
      } else if (code === 39) fg = "";
      else if (code === 49) bg = "";
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) fg = String(code % 10);
      else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) bg = String(code % 10);
    }
    return fg || bg || marks ? { fg, bg, marks } : PLAIN;
  }

  // Calls `take(text, style)` for each stretch of a line; returns the style at its end.
  function read(line, style, take) {
    let from = 0;
    for (const match of line.matchAll(ESCAPE)) {
      if (match.index > from) take(line.slice(from, match.index), style);
      if (match[2] === "m") style = apply(style, match[1]);
      from = match.index + match[0].length;
    }
    if (from < line.length) take(line.slice(from), style);
    return style;
  }

  const clean = (text) => text.replace(UNSEEN, "\ufffd");
  const plain = (line) => (line.includes("\x1b") ? line.replace(ESCAPE, "") : line);

  // Makes the element for one stretch; text only ever becomes a text node.
  function stretch(style) {
    const span = document.createElement("span");
    const names = style.marks ? style.marks.split(" ") : [];
    if (style.fg.length === 1) names.push(`c${style.fg}`);
    else if (style.fg) span.style.color = style.fg;
    if (style.bg.length === 1) names.push(`b${style.bg}`);
    else if (style.bg) span.style.backgroundColor = style.bg;
    if (names.length) span.className = names.join(" ");
    return span;
  }

  return { PLAIN, read, plain, clean, stretch };
})();
