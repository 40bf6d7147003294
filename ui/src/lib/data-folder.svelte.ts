// The folder that holds the data, opened in the system's file manager.

import { call, problemOf } from "./backend";
import { commands, type Problem } from "./bindings";

export class DataFolder {
  /** Why it could not be opened. */
  problem = $state<Problem | null>(null);

  async open(): Promise<void> {
    try {
      await call(commands.openDataFolder());
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }
}
