// Types and commands of the window's back end.
// Written by hand as the agreed contract; the generated file takes its place and says the same.

import { invoke as __TAURI_INVOKE } from "@tauri-apps/api/core";
import * as __TAURI_EVENT from "@tauri-apps/api/event";


export const commands = {
	// ---- start (commands/start.rs)
	startup: () => typedError<Startup, Problem>(__TAURI_INVOKE("startup")), // waits until the data folder is open, or refused
	openAgain: () => typedError<Startup, Problem>(__TAURI_INVOKE("open_again")), // after a refusal
	openDemo: () => typedError<Startup, Problem>(__TAURI_INVOKE("open_demo")), // closes the real data, opens the demo company with all platforms connected
	leaveDemo: () => typedError<Startup, Problem>(__TAURI_INVOKE("leave_demo")),

	// ---- page User Sync (commands/people.rs)
	listPeople: (filter: Filter, sort: Sort) => typedError<Listing, Problem>(__TAURI_INVOKE("list_people", { filter, sort })),
	peopleWindow: (listing: number, from: number, count: number) => typedError<PersonRow[], Problem>(__TAURI_INVOKE("people_window", { listing, from, count })), // at most 500; kind "not_found" when the listing is too old: list anew
	peopleById: (people: string[]) => typedError<PersonRow[], Problem>(__TAURI_INVOKE("people_by_id", { people })), // as they are now; who is gone is left out
	positionOf: (listing: number, person: string) => typedError<number | null, Problem>(__TAURI_INVOKE("position_of", { listing, person })),
	timeline: (person: string, before: number | null) => typedError<TimelinePage, Problem>(__TAURI_INVOKE("timeline", { person, before })), // newest first
	conflicts: () => typedError<ConflictView[], Problem>(__TAURI_INVOKE("conflicts")),
	keepApart: (conflict: string) => typedError<null, Problem>(__TAURI_INVOKE("keep_apart", { conflict })),
	linkAccount: (person: string, platform: string, account: string) => typedError<null, Problem>(__TAURI_INVOKE("link_account", { person, platform, account })),
	unlinkAccount: (platform: string, account: string) => typedError<null, Problem>(__TAURI_INVOKE("unlink_account", { platform, account })),
	findAccounts: (text: string) => typedError<AccountHit[], Problem>(__TAURI_INVOKE("find_accounts", { text })), // at most 20, for "Link an account"
	previewPrimary: (selection: Selection, to: string) => typedError<PrimaryPreview, Problem>(__TAURI_INVOKE("preview_primary", { selection, to })),
	setPrimary: (selection: Selection, to: string, confirmed: "nothing" | "resets") => typedError<PrimaryOutcome, Problem>(__TAURI_INVOKE("set_primary", { selection, to, confirmed })),
	exportPeople: (filter: Filter, sort: Sort) => typedError<Saved, Problem>(__TAURI_INVOKE("export_people", { filter, sort })), // CSV in the Downloads folder
	showInFolder: (saved: string) => typedError<null, Problem>(__TAURI_INVOKE("show_in_folder", { saved })),

	// ---- syncs (commands/syncs.rs)
	previewSync: (selection: Selection, to: string) => typedError<SyncPreview, Problem>(__TAURI_INVOKE("preview_sync", { selection, to })),
	sync: (selection: Selection, to: string, answers: { [key in string]: string }) => typedError<string, Problem>(__TAURI_INVOKE("sync", { selection, to, answers })), // the run; work goes on behind
	promptAgain: (person: string, to: string) => typedError<string, Problem>(__TAURI_INVOKE("prompt_again", { person, to })),
	cancelSync: (person: string, to: string) => typedError<Undone, Problem>(__TAURI_INVOKE("cancel_sync", { person, to })),
	checkAnswers: () => typedError<null, Problem>(__TAURI_INVOKE("check_answers")), // where answers may not be polled
	previewReset: (selection: Selection) => typedError<ResetPreview, Problem>(__TAURI_INVOKE("preview_reset", { selection })),
	reset: (selection: Selection) => typedError<string, Problem>(__TAURI_INVOKE("reset", { selection })), // the run

	// ---- page Platforms (commands/platforms.rs)
	platforms: () => typedError<PlatformCard[], Problem>(__TAURI_INVOKE("platforms")),
	connect: (platform: string, fields: { [key in string]: string }, answers: { [key in string]: string }) => typedError<null, Problem>(__TAURI_INVOKE("connect", { platform, fields, answers })), // ends when signed in; steps come as events
	cancelConnect: (platform: string) => typedError<null, Problem>(__TAURI_INVOKE("cancel_connect", { platform })),
	answer: (platform: string, answers: { [key in string]: string }) => typedError<null, Problem>(__TAURI_INVOKE("answer", { platform, answers })),
	teams: (platform: string) => typedError<TeamView[], Problem>(__TAURI_INVOKE("teams", { platform })),
	chooseTeams: (platform: string, teams: string[]) => typedError<null, Problem>(__TAURI_INVOKE("choose_teams", { platform, teams })), // none: everyone
	importPeople: (platforms: string[]) => typedError<string, Problem>(__TAURI_INVOKE("import_people", { platforms })), // the run; none named: all connected
	disconnect: (platform: string) => typedError<null, Problem>(__TAURI_INVOKE("disconnect", { platform })),

	// ---- page Activity (commands/activity.rs)
	runs: () => typedError<RunView[], Problem>(__TAURI_INVOKE("runs")), // newest first, at most 200
	runPeople: (run: string, status: Status | null, from: number, count: number) => typedError<RunPeople, Problem>(__TAURI_INVOKE("run_people", { run, status, from, count })),
	cancelRun: (run: string) => typedError<null, Problem>(__TAURI_INVOKE("cancel_run", { run })),
	exportRun: (run: string) => typedError<Saved, Problem>(__TAURI_INVOKE("export_run", { run })),

	// ---- page Settings (commands/settings.rs)
	openDataFolder: () => typedError<null, Problem>(__TAURI_INVOKE("open_data_folder")),
};

export const events = {
	/** What has changed since the last one; at most about ten a second. */
	changed: makeEvent<Changed>("changed"),
	/** How far a run is; at most about ten a second for each. */
	progress: makeEvent<Progress>("progress"),
	/** How a sign-in goes on. */
	signIn: makeEvent<SignIn>("sign-in"),
};

// ---------------------------------------------------------------- start
export type Startup =
	| { state: "ready"; world: World }
	| { state: "failed"; problem: Problem; folder: string };
export type World = {
	realm: "live" | "demo";
	folder: string;
	/** Nothing was ever connected here. */
	first_start: boolean;
	version: string;
	platforms: PlatformSheet[];
};
/** What a platform is, as data; the order is the order in which people see platforms. */
export type PlatformSheet = {
	id: string;
	name: string;
	/** workspace, tenant, organisation, account */
	tenant_word: string;
	teams: boolean;
	own_account: boolean;
	stand_in: "bot" | "guest" | null;
	stand_in_always: boolean;
	stand_in_removable: boolean;
	/** False: the admin presses "Check answers" while the person is there. */
	poll_answers: boolean;
	fields: FieldSheet[];
	scopes: ScopeSheet[];
	questions: QuestionSheet[];
};
export type FieldSheet = { name: string; help: string; secret: boolean; required: boolean };
export type ScopeSheet = { slot: string; name: string; reason: string };
export type QuestionSheet = { key: string; text: string; choices: ChoiceSheet[] };
export type ChoiceSheet = { word: string; label: string };

// ---------------------------------------------------------------- problems
export type Kind =
	| "signed_out" | "forbidden" | "not_found" | "conflict" | "rate_limited" | "network" | "platform_down"
	| "invalid" | "unsupported" | "cancelled" | "storage" | "keychain" | "bug";
/** What a button beside a problem does. */
export type Act =
	| { act: "connect"; platform: string }
	| { act: "import"; platform: string }
	| { act: "choose_primary"; person: string }
	| { act: "conflicts" }
	| { act: "finish_reset"; person: string };
/** A failed command: both texts are sentences for people. */
export type Problem = { kind: Kind; platform: string | null; message: string; remedy: string; act: Act | null };
/** Why something is blocked or has failed; `kind` is a stable word such as own_domain, needs_account, missing_scope. */
export type Reason = { kind: string; message: string; remedy: string; act: Act | null };

// ---------------------------------------------------------------- people
export type Status = "synced" | "pending" | "failed" | "not_synced";
export type Filter = { search: string | null; status: Status | null; platform: string | null; primary: string | null; reason: string | null };
export type Sort = { by: "name" | "status" | "primary"; descending: boolean };
export type Selection = { people: string[] } | { matching: Filter };
/** Who matches, in order, as of now; rows are asked for by position. */
export type Listing = {
	id: number;
	/** How many match. */
	total: number;
	/** How many people there are. */
	everyone: number;
	/** How many would match with this one value, everything else of the filter as it is. */
	facets: Facets;
	conflicts: number;
};
export type Facets = {
	status: { status: Status; count: number }[];
	platform: { platform: string; count: number }[];
	primary: { platform: string; count: number }[];
	reason: { reason: string; count: number }[];
};
export type PersonRow = {
	id: string;
	name: string;
	email: string | null;
	offered: boolean;
	primary: string | null;
	primary_choices: string[];
	accounts: { [platform in string]: AccountView };
	/** Each connected platform but the primary one. */
	syncs: { [platform in string]: SyncCell };
};
export type AccountView = { id: string; email: string | null; active: boolean; kind: string };
export type SyncCell = {
	status: Status;
	/** A finer state: queued, provisioning, prompted, code_expired, waiting_for_network, … */
	detail: string | null;
	representation: "own_account" | "bot" | "guest" | null;
	/** Why it failed. */
	reason: Reason | null;
	/** What syncing would do; null while it is synced, pending or blocked. */
	action: Action | null;
	/** Why it cannot begin. */
	block: Reason | null;
};
export type Action = "prompt" | "create_bot" | "invite_guest" | "none";
export type TimelinePage = { entries: TimelineEntry[]; before: number | null };
export type TimelineEntry = {
	id: number;
	at: string;
	/** sync, primary, link, unlink, reset, … */
	kind: string;
	platform: string | null;
	status: Status | null;
	detail: string | null;
	reason: Reason | null;
	run: string | null;
};
export type ConflictView = { id: string; addresses: string[]; accounts: ConflictAccount[] };
export type ConflictAccount = { person: string; platform: string; id: string; name: string; email: string | null; active: boolean };
export type AccountHit = { person: string; person_name: string; platform: string; id: string; name: string; email: string | null };
export type PrimaryPreview = {
	to: string;
	changes: number;
	unchanged: number;
	/** People whose syncs would be reset first. */
	resets: number;
	refused: ReasonCount[];
	/** The first 100 of those with syncs to reset. */
	would_reset: { person: string; name: string; platforms: string[] }[];
};
export type PrimaryOutcome = { changed: number; unconfirmed: number; failed: number };
export type Saved = { path: string; rows: number };

// ---------------------------------------------------------------- syncs
export type SyncPreview = {
	to: string;
	total: number;
	prompts: number;
	bots: number;
	guests: number;
	already: number;
	blocked: number;
	reasons: ReasonCount[];
	/** The first 100. */
	people: PreviewRow[];
	/** Primary platforms whose answers the admin reads by hand. */
	answers_by_hand: string[];
	/** Answers given so far to the platform's questions. */
	answers: { [key in string]: string };
};
export type PreviewRow = { person: string; name: string; primary: string | null; has_account: boolean; action: Action | null; steps: string[]; reason: Reason | null };
export type ReasonCount = { reason: Reason; count: number };
export type Undone = { undone: string[]; left: Left[] };
export type Left = { what: string; why: string; link: string | null };
export type ResetPreview = {
	people: number;
	/** What goes, each with how often; for one person in full sentences. */
	goes: { what: string; count: number }[];
	stays: { left: Left; count: number }[];
};

// ---------------------------------------------------------------- platforms
export type PlatformCard = { platform: string; connection: ConnectionView | null; health: Health; accounts: number; syncs: { [status in string]: number }; import: ImportState };
export type ConnectionView = {
	tenant: string | null;
	tenant_name: string | null;
	sender: string | null;
	signed_out: boolean;
	connected_at: string;
	imported_at: string | null;
	teams: string[];
	answers: { [key in string]: string };
	missing_scopes: { slot: string; scope: string; reason: string }[];
};
export type Health = {
	state: "not_connected" | "well" | "unreachable" | "throttled" | "signed_out" | "unknown";
	last_success: string | null;
	last_failure: Reason | null;
	throttled_until: string | null;
	/** The soonest end of a token that does not renew itself. */
	token_expires: string | null;
};
export type ImportState = { run: string | null; accounts: number; unfinished: boolean };
export type TeamView = { id: string; name: string; chosen: boolean };
export type SignIn = { platform: string; step: SignInStep };
export type SignInStep =
	| { step: "open_browser"; url: string }
	| { step: "show_code"; code: string; url: string; expires: string }
	| { step: "skipped"; slot: string; message: string };

// ---------------------------------------------------------------- activity
export type RunView = {
	id: string;
	kind: "import" | "sync" | "reset";
	platform: string | null;
	state: "running" | "done" | "failed" | "interrupted" | "cancelled";
	started_at: string;
	ended_at: string | null;
	done: number;
	total: number | null;
	counts: { [word in string]: number };
	problem: Reason | null;
};
export type RunPeople = { total: number; counts: { [status in string]: number }; rows: RunPerson[] };
export type RunPerson = { person: string; name: string; platform: string | null; status: Status; detail: string | null; reason: Reason | null };

// ---------------------------------------------------------------- events
export type Changed = {
	/** People whose row changed; empty together with `everyone`. */
	people: string[];
	/** So many, or an import: list anew. */
	everyone: boolean;
	connections: boolean;
	runs: boolean;
};
export type Progress = { run: string; kind: "import" | "sync" | "reset"; platform: string | null; done: number; total: number | null; seconds_left: number | null; ended: boolean };

/* Tauri Specta runtime */
async function typedError<T, E>(result: Promise<T>): Promise<{ status: "ok"; data: T } | { status: "error"; error: E }> {
    try {
        return { status: "ok", data: await result };
    } catch (e) {
        if (e instanceof Error) throw e;
        return { status: "error", error: e as any };
    }
}
function makeEvent<T>(name: string) {
    return {
        listen: (cb: __TAURI_EVENT.EventCallback<T>) => __TAURI_EVENT.listen(name, cb),
        once: (cb: __TAURI_EVENT.EventCallback<T>) => __TAURI_EVENT.once(name, cb),
    };
}
