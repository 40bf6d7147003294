// Measures inside the page what a person at the screen would feel. Installed once; answers in milliseconds.
window.probe ??= (() => {
  const grid = () => document.querySelector("[role=grid]");
  const rows = () => [...document.querySelectorAll("[role=rowgroup] [role=row]")];
  /** A row whose person is still being read has no button. */
  const isGhost = (row) => !row.querySelector("button");
  const ghosts = () => rows().filter((row) => isGhost(row) && isSeen(row)).length;
  const isSeen = (row) => {
    const box = row.getBoundingClientRect();
    const view = grid().getBoundingClientRect();
    return box.bottom > view.top + 36 && box.top < view.bottom;
  };
  const filled = () => rows().some(isSeen) && ghosts() === 0;
  /** Whether the table shows its rows all the way down, and not the ground behind them. */
  const isCovered = () => {
    const view = grid().getBoundingClientRect();
    return [0.15, 0.4, 0.65, 0.95].every((share) => {
      const at = document.elementFromPoint(view.left + 200, view.top + 36 + (view.height - 40) * share);
      return Boolean(at?.closest("[role=row]"));
    });
  };
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const quiet = (ms) => new Promise((done) => setTimeout(done, ms));

  /** From now until nothing in the table has changed for a while: when it changed last, as painted. */
  function watch() {
    let last = null;
    const look = new MutationObserver(() => requestAnimationFrame(() => { last = performance.now(); }));
    look.observe(grid().parentElement, { subtree: true, childList: true, characterData: true, attributes: true });
    return async (begun) => {
      let seen = -1;
      while (seen !== last || grid().getAttribute("aria-busy") === "true" || (rows().length > 0 && !filled())) {
        seen = last;
        await quiet(200);
        if (performance.now() - begun > 10000) break;
      }
      look.disconnect();
      return last === null ? 0 : last - begun;
    };
  }

  /** The time from the next key to the last change that it made. */
  function nextKey() {
    const settled = watch();
    window.measured = new Promise((done) => {
      const heard = (event) => {
        removeEventListener("keydown", heard, true);
        done(settled(performance.now() - Math.max(0, performance.now() - event.timeStamp)));
      };
      addEventListener("keydown", heard, true);
    });
  }

  /** Scrolls by so many pixels a frame for so long. Frame times, and how many frames showed a gap or a row being read. */
  async function scroll(step, ms) {
    const times = [];
    let gaps = 0;
    let reading = 0;
    let way = step;
    let before = await frame();
    const end = before + ms;
    for (;;) {
      const now = await frame();
      times.push(now - before);
      before = now;
      if (!isCovered()) gaps += 1;
      else if (ghosts() > 0) reading += 1;
      if (now > end) break;
      const space = grid();
      if (space.scrollTop + space.clientHeight >= space.scrollHeight - 1) way = -step;
      if (space.scrollTop <= 0) way = step;
      space.scrollTop += way;
    }
    times.shift();
    return { times, gaps, reading };
  }

  /** To a place in the list at once, until its rows stand. */
  async function jump(share) {
    const space = grid();
    await frame();
    const begun = performance.now();
    space.scrollTop = share * (space.scrollHeight - space.clientHeight);
    while (performance.now() - begun < 5000) {
      await frame();
      if (isCovered() && filled()) break;
    }
    return performance.now() - begun;
  }

  /** Frame times for so long, without doing anything. */
  async function idle(ms) {
    const times = [];
    let before = await frame();
    const end = before + ms;
    while (before < end) {
      const now = await frame();
      times.push(now - before);
      before = now;
    }
    return { times, gaps: 0, reading: 0 };
  }

  /** How long until a press on an element shows, by an attribute of it. */
  async function press(element, attribute) {
    await frame();
    const value = element.getAttribute(attribute);
    const begun = performance.now();
    element.click();
    while (element.getAttribute(attribute) === value && performance.now() - begun < 5000) await frame();
    return performance.now() - begun;
  }

  return { filled, nextKey, scroll, jump, idle, press, grid };
})();
const probe = window.probe;
