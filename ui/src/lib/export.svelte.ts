// A list saved as a file in the Downloads folder: it goes on, is there, or failed.

import { call, problemOf } from "./backend";
import { commands, type Problem, type Saved } from "./bindings";

export class Export<Choice = void> {
  busy = $state(false);
  saved = $state.raw<Saved | null>(null);
  problem = $state.raw<Problem | null>(null);

  constructor(private readonly write: (choice: Choice) => Promise<Saved>) {}

  async run(choice: Choice): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      this.saved = await this.write(choice);
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.busy = false;
    }
  }

  async showInFolder(): Promise<void> {
    if (this.saved === null) return;
    try {
      await call(commands.showInFolder(this.saved.path));
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }
}
