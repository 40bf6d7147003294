// The confirmation of a sync: of one person in words of their own, of many in counts. Nothing is sent before `confirm`.

import { call } from "../backend";
import { commands, type PersonRow, type PlatformSheet, type PreviewRow, type QuestionSheet, type Selection, type SyncPreview } from "../bindings";
import { bulkLines, dialogs } from "../texts/dialogs";
import { bulkFacts, syncWords, type Fact, type SyncFacts, type SyncWords } from "../texts/sync-words";
import { Confirmation, type Surroundings } from "./confirmation.svelte";

/** What the dialog shows besides loading and trouble. */
export type SyncView =
  | { kind: "nobody" }
  | { kind: "already"; row: PreviewRow }
  | { kind: "blocked"; row: PreviewRow }
  | { kind: "one"; row: PreviewRow; words: SyncWords }
  | { kind: "many"; sync: SyncPreview };

export class SyncConfirmation extends Confirmation<SyncPreview, string> {
  /** Answers to the platform's questions: those given before, with what was chosen here over them. */
  chosen = $state<{ [question: string]: string }>({});

  /** `person` is the row from which the dialog was opened, when it was one. */
  constructor(
    surroundings: Surroundings,
    private readonly selection: Selection,
    readonly platform: PlatformSheet,
    readonly person: PersonRow | null,
  ) {
    super(surroundings);
  }

  protected look(): Promise<SyncPreview> {
    return call(commands.previewSync(this.selection, this.platform.id));
  }

  protected act(): Promise<string> {
    return call(commands.sync(this.selection, this.platform.id, { ...this.answers }));
  }

  protected allows(): boolean {
    return this.starts > 0 && this.unanswered.length === 0;
  }

  protected said(): string {
    const view = this.view;
    return view?.kind === "one"
      ? dialogs.sync.queued(view.row.name, this.platform.name)
      : dialogs.sync.bulkQueued(this.starts, this.platform.name);
  }

  /** How many a confirmation would begin. */
  get starts(): number {
    const sync = this.preview;
    return sync === null ? 0 : sync.prompts + sync.bots + sync.guests;
  }

  readonly view: SyncView | null = $derived.by(() => {
    const sync = this.preview;
    if (sync === null) return null;
    const row = sync.people[0];
    if (sync.total === 0) return { kind: "nobody" };
    if (sync.total > 1 || row === undefined) return { kind: "many", sync };
    if (row.reason !== null) return { kind: "blocked", row };
    if (row.action === null || row.action === "none") return { kind: "already", row };
    return { kind: "one", row, words: syncWords(this.facts(row, row.action, sync)) };
  });

  /** The questions of the platform, asked only when something would begin there. */
  readonly questions: QuestionSheet[] = $derived.by(() => (this.starts > 0 ? this.platform.questions : []));
  readonly answers: { [question: string]: string } = $derived({ ...this.preview?.answers, ...this.chosen });
  readonly unanswered: QuestionSheet[] = $derived(this.questions.filter((question) => !this.isAnswered(question)));
  /** Whether all had been answered before this dialog was opened. */
  readonly answeredBefore: boolean = $derived(
    this.questions.length > 0 && this.questions.every((question) => this.preview?.answers[question.key] !== undefined),
  );
  readonly lines = $derived.by(() => (this.preview === null ? [] : bulkLines(this.preview, this.platform)));
  /** What holds for everybody of a bulk sync. */
  readonly sharedFacts: Fact[] = $derived.by(() => {
    const sync = this.preview;
    if (sync === null) return [];
    const counts = [["prompt", sync.prompts], ["create_bot", sync.bots], ["invite_guest", sync.guests]] as const;
    return bulkFacts(this.platform, counts.flatMap(([action, count]) => (count > 0 ? [action] : [])));
  });
  /** Primary platforms at which the admin presses "Check answers". */
  readonly byHand: string[] = $derived((this.preview?.answers_by_hand ?? []).map((platform) => this.surroundings.sheet(platform)?.name ?? platform));

  private isAnswered(question: QuestionSheet): boolean {
    return question.choices.some((choice) => choice.word === this.answers[question.key]);
  }

  choose(question: string, word: string): void {
    if (!this.busy) this.chosen = { ...this.chosen, [question]: word };
  }

  private facts(row: PreviewRow, action: SyncFacts["action"], sync: SyncPreview): SyncFacts {
    const { sheet, senderOf } = this.surroundings;
    return {
      person: row.name,
      email: this.person?.email ?? null,
      hasAccount: row.has_account,
      platform: this.platform,
      primary: row.primary === null ? null : (sheet(row.primary) ?? null),
      action,
      sender: row.primary === null ? null : senderOf(row.primary),
      poster: senderOf(this.platform.id),
      steps: row.steps,
      byHand: row.primary !== null && sync.answers_by_hand.includes(row.primary),
    };
  }
}
