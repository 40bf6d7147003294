// Light, dark, or what the system says. public/theme.js reads the choice before the first paint.

export type ThemeChoice = "system" | "light" | "dark";
const KEY = "theme";

const isChoice = (value: string | null): value is ThemeChoice => value === "light" || value === "dark" || value === "system";

export class Theme {
  choice = $state<ThemeChoice>("system");

  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem"> = localStorage,
    private readonly root: HTMLElement = document.documentElement,
  ) {
    const kept = storage.getItem(KEY);
    if (isChoice(kept)) this.choice = kept;
    this.#apply();
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    this.storage.setItem(KEY, choice);
    this.#apply();
  }

  #apply(): void {
    if (this.choice === "system") delete this.root.dataset.theme;
    else this.root.dataset.theme = this.choice;
  }
}
