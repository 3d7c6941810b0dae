// The output viewer: draws only the lines in sight, so 100,000 of them scroll like ten.
"use strict";

(() => {
  const HEIGHT = 20;
  const SPARE = 20;
  const LONGEST = 4000;

  // The lines of one stream, and the colours each begins with.
  class Lines {
    constructor() {
      this.all = [];
      this.styles = new Map();
      this.style = Ansi.PLAIN;
      this.open = false; // whether the last line has not ended yet
    }

    add(text) {
      const parts = text.split("\n");
      if (this.open) {
        parts[0] = this.all.pop() + parts[0];
        this.style = this.styles.get(this.all.length) || Ansi.PLAIN;
      }
      const last = parts.pop();
      for (const part of parts) this.push(part);
      this.open = last !== "";
      if (this.open) this.push(last);
    }

    push(line) {
      const at = this.all.length;
      if (this.style === Ansi.PLAIN) this.styles.delete(at);
      else this.styles.set(at, this.style);
      this.all.push(line);
      if (line.includes("\x1b")) this.style = Ansi.read(line, this.style, () => {});
    }

    // What a terminal would show of a line: nothing that a carriage return went over.
    shown(at) {
      let line = this.all[at];
      if (line.endsWith("\r")) line = line.slice(0, -1);
      const cut = line.lastIndexOf("\r");
      return cut < 0 ? line : line.slice(cut + 1);
    }
  }

  class Viewer {
    constructor(root) {
      const part = (name) => root.querySelector(name);
      this.root = root;
      this.log = part(".log");
      this.sizer = part(".sizer");
      this.rows = part(".rows");
      this.search = part("[data-search]");
      this.follow = part("[data-follow] input");
      this.parts = { hits: part("[data-hits]"), count: part("[data-count]"), lost: part("[data-lost]"),
        quiet: part("[data-quiet]"), label: part("[data-label]"), raw: part("[data-rawlink]") };
      this.ended = root.dataset.ended === "yes";
      this.picked = root.dataset.picked === "yes";
      this.linked = this.lineOfHash();
      if (this.linked || (this.ended && root.dataset.tail !== "yes")) this.follow.checked = false;
      this.search.hidden = false;
      part("[data-follow]").hidden = this.ended;
      this.listen();
      this.open(root.dataset.step);
    }

    listen() {
      this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
      this.follow.addEventListener("change", () => this.draw());
      this.search.addEventListener("input", () => this.find());
      this.search.addEventListener("keydown", (event) => {
        if (event.key === "Enter") this.go(event.shiftKey ? -1 : 1);
        else if (event.key === "Escape") {
          this.search.value = "";
          this.find();
          this.log.focus();
        }
      });
      this.log.addEventListener("keydown", (event) => {
        if (event.key === "End") this.follow.checked = true;
        if (event.key === "Home") this.follow.checked = false;
      });
      document.addEventListener("keydown", (event) => {
        if (event.key !== "f" || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.target.closest("input, textarea, select, dialog")) return;
        event.preventDefault();
        this.search.focus();
      });
      addEventListener("hashchange", () => {
        this.linked = this.lineOfHash();
        if (this.linked) this.reveal(this.linked - 1);
        this.draw();
      });
      addEventListener("resize", () => this.draw());
      document.addEventListener("htmx:oobAfterSwap", () => {
        this.followStep();
        if (!this.parts.quiet.hidden) this.done();
      });
    }

    // Streams

    query(after) {
      const query = new URLSearchParams();
      if (this.step) query.set("step", this.step);
      if (after) query.set("after", after);
      return query.size ? `?${query}` : "";
    }

    open(step) {
      this.close();
      this.step = step;
      this.lines = new Lines();
      this.hits = [];
      this.hit = -1;
      this.last = "";
      this.drawn = "";
      this.parts.quiet.hidden = true;
      this.log.scrollTop = 0;
      if (step) this.parts.raw.href = `${this.root.dataset.raw}${this.query()}`;
      if (this.ended) this.load();
      else this.connect();
      this.draw();
    }

    close() {
      this.source?.close();
      this.loading?.abort();
      clearTimeout(this.retry);
    }

    async load() {
      const loading = (this.loading = new AbortController());
      try {
        const answer = await fetch(`${this.root.dataset.raw}${this.query()}`, { signal: loading.signal });
        if (!answer.ok) throw new Error(answer.statusText);
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let next = await reader.read(); !next.done; next = await reader.read()) this.take(next.value);
        this.done();
      } catch (error) {
        if (!loading.signal.aborted) this.parts.lost.textContent = "The output could not be read; reload the page.";
      }
    }

    connect() {
      const source = (this.source = new EventSource(`${this.root.dataset.feed}${this.query(this.last)}`));
      source.onopen = () => (this.parts.lost.textContent = "");
      source.addEventListener("output", (event) => {
        this.last = event.lastEventId;
        this.take(JSON.parse(event.data).text);
      });
      source.addEventListener("event", (event) => {
        this.last = event.lastEventId;
        this.changed();
      });
      source.addEventListener("gap", () => this.take("\x1b[33m… some lines were left out here; Raw has them all\x1b[0m\n"));
      source.addEventListener("end", () => {
        source.close();
        this.ended = true;
        this.root.querySelector("[data-follow]").hidden = true;
        this.done();
        this.changed();
      });
      source.onerror = () => {
        this.parts.lost.textContent = "Connection lost; trying again";
        if (source.readyState !== EventSource.CLOSED) return;
        this.retry = setTimeout(() => this.connect(), 3000);
      };
    }

    done() {
      if (this.lines.all.length) return;
      const why = document.querySelector(".run-head .fault")?.textContent;
      this.parts.quiet.textContent = why ? `Nothing was printed here. ${why}` : "Nothing was printed here.";
      this.parts.quiet.hidden = false;
    }

    // Something happened in the run: fetch its moving parts again, soon and not too often.
    changed() {
      if (this.due) return;
      this.due = setTimeout(() => {
        this.due = 0;
        const run = document.getElementById("run");
        if (run) htmx.trigger(run, "changed");
      }, 250);
    }

    followStep() {
      const pick = document.getElementById("run-steps")?.dataset.pick;
      if (this.picked || !pick || pick === this.step || !this.follow.checked) return;
      this.parts.label.textContent = pick;
      this.open(pick);
    }

    take(text) {
      const from = this.lines.all.length - (this.lines.open ? 1 : 0);
      this.lines.add(text);
      if (this.search.value) this.look(from);
      if (!this.waiting) {
        this.waiting = true;
        requestAnimationFrame(() => {
          this.waiting = false;
          this.draw();
        });
      }
    }

    // Drawing

    draw() {
      const total = this.lines.all.length;
      this.sizer.style.height = `${total * HEIGHT}px`;
      this.parts.count.textContent = total ? `${total.toLocaleString("en")} ${total === 1 ? "line" : "lines"}` : "";
      if (this.linked && this.linked <= total && !this.shownLink) {
        this.shownLink = true;
        this.reveal(this.linked - 1);
      }
      if (this.follow.checked) this.log.scrollTop = this.log.scrollHeight;
      const first = Math.max(0, Math.floor(this.log.scrollTop / HEIGHT) - SPARE);
      const end = Math.min(total, first + Math.ceil(this.log.clientHeight / HEIGHT) + 2 * SPARE);
      const state = `${first} ${end} ${this.hit} ${this.linked} ${this.search.value} ${end === total ? this.lines.all[end - 1]?.length : ""}`;
      if (state === this.drawn) return;
      this.drawn = state;
      const piece = document.createDocumentFragment();
      for (let at = first; at < end; at++) piece.append(this.row(at));
      this.rows.style.transform = `translateY(${first * HEIGHT}px)`;
      this.rows.replaceChildren(piece);
    }

    row(at) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = `#L${at + 1}`;
      link.textContent = at + 1;
      link.tabIndex = -1;
      item.append(link);
      if (at + 1 === this.linked) item.classList.add("linked");
      if (this.hits[this.hit] === at) item.classList.add("hit");
      const line = this.lines.shown(at);
      const wanted = this.search.value.toLowerCase();
      const style = this.lines.styles.get(at) || Ansi.PLAIN;
      Ansi.read(line.slice(0, LONGEST), style, (text, look) => {
        const span = Ansi.stretch(look);
        this.fill(span, Ansi.clean(text), wanted);
        item.append(span);
      });
      if (line.length > LONGEST) {
        const rest = document.createElement("span");
        rest.className = "dim";
        rest.textContent = ` … ${(line.length - LONGEST).toLocaleString("en")} more characters; Raw has them`;
        item.append(rest);
      }
      return item;
    }

    fill(span, text, wanted) {
      let from = 0;
      const lower = wanted && text.toLowerCase();
      for (let at = wanted ? lower.indexOf(wanted) : -1; at >= 0; at = lower.indexOf(wanted, from)) {
        const mark = document.createElement("mark");
        mark.textContent = text.slice(at, at + wanted.length);
        span.append(text.slice(from, at), mark);
        from = at + wanted.length;
      }
      span.append(text.slice(from));
    }

    scrolled() {
      const left = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight;
      const back = this.log.scrollTop < (this.top || 0);
      this.top = this.log.scrollTop;
      if (back && left > 2 * HEIGHT) this.follow.checked = false;
      this.draw();
    }

    reveal(at) {
      this.follow.checked = false;
      this.log.scrollTop = Math.max(0, at * HEIGHT - this.log.clientHeight / 3);
    }

    lineOfHash() {
      return Number(/^#L(\d+)$/.exec(location.hash)?.[1] || 0);
    }

    // Finding

    look(from) {
      const wanted = this.search.value.toLowerCase();
      for (let at = Math.max(0, from); at < this.lines.all.length; at++) {
        if (this.hits.at(-1) >= at) continue;
        if (Ansi.plain(this.lines.all[at]).toLowerCase().includes(wanted)) this.hits.push(at);
      }
      this.tell();
    }

    find() {
      this.hits = [];
      this.hit = -1;
      if (this.search.value) {
        this.look(0);
        const seen = Math.floor(this.log.scrollTop / HEIGHT);
        this.hit = this.hits.findIndex((at) => at >= seen) - 1;
        if (this.hits.length) this.go(1);
      }
      this.tell();
      this.draw();
    }

    go(move) {
      const many = this.hits.length;
      if (!many) return;
      this.hit = (this.hit + move + many) % many;
      this.reveal(this.hits[this.hit]);
      this.tell();
      this.draw();
    }

    tell() {
      const wanted = this.search.value;
      const many = this.hits.length.toLocaleString("en");
      this.parts.hits.textContent = !wanted ? "" : this.hits.length ? `${this.hit + 1} of ${many}` : "not found";
    }
  }

  document.querySelectorAll("[data-viewer]").forEach((root) => new Viewer(root));
})();
