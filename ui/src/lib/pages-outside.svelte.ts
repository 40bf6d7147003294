// Pages outside of the window, opened in the system's browser. Only such pages are opened as the back end has offered a link to.

import { call, problemOf } from "./backend";
import { commands, type Problem } from "./bindings";

export class PageOutside {
  /** Why it could not be opened. */
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);

  /** True when the browser was asked to. */
  async open(link: string): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      await call(commands.openPage(link));
      this.problem = null;
      return true;
    } catch (error) {
      this.problem = problemOf(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
