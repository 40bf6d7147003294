import { expect, onTestFinished, test, vi } from "vitest";

import { installed } from "../../../tests/fake/around";
import { FakeBackend, network } from "../../../tests/fake/backend";
import { failure } from "../../../tests/fake/runs";
import { giveFailures } from "../../../tests/fake/scenarios/activity";
import { Failures, grouped } from "./failures.svelte";

const reason = (kind: string, message: string) => ({ kind, message, remedy: "", act: null, link: null });

test("what_is_tried_again_together_is_one_group_with_every_message_in_it", () => {
  const groups = grouped([
    failure({ platform: "webex", people: 4, since: "2026-11-20T09:00:00Z", reason: reason("platform_down", "It answered 500.") }),
    failure({ platform: "webex", people: 9, since: "2026-11-19T09:00:00Z", doubtful: true, reason: reason("platform_down", "It answered 502.") }),
    failure({ platform: "teams", people: 20, reason: reason("platform_down", "It answered 500.") }),
  ]);
  expect(groups.map(({ key, people, doubtful }) => [key, people, doubtful])).toEqual([
    ["teams/platform_down", 20, false],
    ["webex/platform_down", 13, true],
  ]);
  expect(groups[1]?.since).toBe("2026-11-19T09:00:00Z");
  expect(groups[1]?.reasons.map(({ people }) => people)).toEqual([4, 9]);
});

test("of_a_group_in_doubt_the_people_are_named_and_of_no_other", async () => {
  const fake = installed(new FakeBackend({ people: 40 }));
  const meant = giveFailures(fake);
  const failures = new Failures();
  await failures.load();
  expect(failures.total).toBe(214 + 61 + 12 + 3);
  const named = Object.fromEntries(failures.groups.map((group) => [group.platform, failures.named(group).map(({ id }) => id)]));
  expect(named).toEqual({ teams: [], zoom: [], slack: [], webex: expect.arrayContaining(meant.map(({ id }) => id)) });
  fake.failures = fake.failures.filter(({ doubtful }) => !doubtful);
  await failures.load();
  expect(failures.groups.flatMap((group) => failures.named(group))).toEqual([]);
});

test("a_run_that_fails_thousands_counts_them_about_once_a_second", async () => {
  const fake = installed();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const failures = new Failures();
  await failures.load();
  for (let turn = 0; turn < 30; turn += 1) {
    failures.heardChanged({ people: [`person-${turn}`], everyone: false, connections: false, runs: false });
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(fake.callsOf("failures").length).toBeLessThan(6);
});

test("a_list_that_cannot_be_read_says_why_and_keeps_what_it_knew", async () => {
  const fake = installed();
  fake.failures = [failure()];
  const failures = new Failures();
  await failures.load();
  fake.refuse("failures");
  await failures.load();
  expect([failures.phase, failures.problem, failures.groups.length]).toEqual(["ready", network, 1]);
});
