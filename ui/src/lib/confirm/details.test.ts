import { expect, it } from "vitest";
import { network } from "../../../tests/fake/backend";
import { ana, backendOf, TIMELINE } from "../../../tests/fake/dialogs";
import type { TimelineEntry } from "../bindings";
import { entryWords } from "../texts/timeline";
import { PersonDetails } from "./details.svelte";
import { installed, settled } from "../../../tests/fake/around";

const person = ana(["teams", "webex"]);
const news = { people: [person.id], everyone: false, connections: false, runs: false };
const entries = (...ids: number[]): TimelineEntry[] => ids.map((id) => ({ id, at: "2026-11-20T09:00:00Z", kind: "sync", platform: "webex", status: "pending", detail: null, reason: null, run: null }));

function opened(pages: { [before: string]: { entries: TimelineEntry[]; before: number | null } }) {
  const fake = installed(backendOf(structuredClone(person)));
  fake.on("timeline", (args) => pages[String(args["before"])]);
  const said: string[] = [];
  return { fake, said, details: new PersonDetails(person, (text) => said.push(text)), pages };
}

const ids = (details: PersonDetails) => details.entries.map((entry) => entry.id);

it("older entries follow the newer ones, without any twice", async () => {
  const { details } = opened({ null: { entries: entries(9, 8, 7), before: 7 }, 7: { entries: entries(6, 5), before: null } });
  await details.load();
  expect([ids(details), details.hasMore]).toEqual([[9, 8, 7], true]);
  await Promise.all([details.more(), details.more()]);
  expect([ids(details), details.hasMore]).toEqual([[9, 8, 7, 6, 5], false]);
});

it("news of the person are read at once and keep the older entries; news of others are not", async () => {
  const { fake, details, pages } = opened({ null: { entries: entries(9, 8, 7), before: 7 }, 7: { entries: entries(6, 5), before: null } });
  await details.load();
  await details.more();
  details.changed({ ...news, people: ["somebody else"] });
  await settled();
  expect(fake.callsOf("timeline")).toHaveLength(2);
  pages["null"] = { entries: entries(10, 9, 8), before: 8 };
  const [row] = fake.people;
  if (row?.syncs["webex"]) row.syncs["webex"].status = "synced";
  details.changed(news);
  await details.load();
  expect(ids(details)).toEqual([10, 9, 8, 7, 6, 5]);
  expect(details.row?.syncs["webex"]?.status).toBe("synced");
});

it("when so much happened that a gap would be hidden, the timeline begins anew", async () => {
  const { details, pages } = opened({ null: { entries: entries(3, 2), before: 2 } });
  await details.load();
  pages["null"] = { entries: entries(9, 8), before: 8 };
  await details.load();
  expect([ids(details), details.hasMore]).toEqual([[9, 8], true]);
});

it("a person who is gone is shown as gone, with what had happened", async () => {
  const { fake, details } = opened({ null: { entries: entries(1), before: null } });
  fake.people.shift();
  await details.load();
  expect([details.row, ids(details), details.phase]).toEqual([null, [1], "ready"]);
});

it("a failed reading later leaves what is shown, and says why it is not newer", async () => {
  const { fake, details } = opened({ null: { entries: entries(1), before: null } });
  await details.load();
  fake.refuse("timeline");
  await details.load();
  expect([details.phase, ids(details), details.problem]).toEqual(["ready", [1], network]);
});

it("answers are looked for once at a time, and a refusal stands beside the button", async () => {
  const { fake, said, details } = opened({ null: { entries: [], before: null } });
  const release = fake.hold("check_answers");
  const first = details.checkAnswers("Answers were read.");
  await details.checkAnswers("Answers were read.");
  release();
  await first;
  expect([fake.callsOf("check_answers").length, said]).toEqual([1, ["Answers were read."]]);
  fake.refuse("check_answers");
  await details.checkAnswers("Answers were read.");
  expect([details.checkProblem, details.checking, said.length]).toEqual([network, false, 1]);
});

it("each kind of entry has its words, and one that no table knows stands with its own", () => {
  const names: { [platform: string]: string } = { slack: "Slack", teams: "Microsoft Teams", webex: "Webex", zoom: "Zoom Team Chat" };
  const unknown: TimelineEntry = { id: 0, at: "", kind: "moved_house", platform: "webex", status: null, detail: null, reason: null, run: null };
  const said = [...TIMELINE, unknown].map((entry) => entryWords(entry, entry.platform === null ? null : (names[entry.platform] ?? "")));
  expect(said.map(({ title, text }) => (text === null ? title : `${title} | ${text}`))).toMatchSnapshot();
});
