import { expect, test } from "vitest";

import { auditOf } from "../../../tests/fake/audit";
import { installed } from "../../../tests/fake/around";
import { network } from "../../../tests/fake/backend";
import { AuditLog } from "./audit-log.svelte";

async function loaded(size: number) {
  const fake = installed();
  fake.audit = auditOf(size);
  const log = new AuditLog();
  await log.load();
  return { fake, log };
}

test("pages_follow_each_other_to_the_end_and_new_entries_come_on_top", async () => {
  const { fake, log } = await loaded(230);
  expect([log.entries.length, log.hasMore]).toEqual([100, true]);
  await log.more();
  await log.more();
  expect([log.entries.length, log.hasMore]).toEqual([230, false]);
  fake.audit = auditOf(232);
  await log.load();
  expect(log.entries.map(({ id }) => id)).toEqual(Array.from({ length: 232 }, (_, at) => 232 - at));
  expect(log.hasMore).toBe(false);
});

test("so_many_new_entries_that_a_gap_would_stay_begin_the_list_anew", async () => {
  const { fake, log } = await loaded(50);
  fake.audit = auditOf(400);
  await log.load();
  expect([log.entries[0]?.id, log.entries.length, log.hasMore]).toEqual([400, 100, true]);
});

test("a_noted_hash_is_asked_about_as_it_was_noted", async () => {
  const { fake, log } = await loaded(12);
  const noted = fake.audit[4]?.hash ?? "";
  await log.verify(` ${noted.toUpperCase()} `);
  expect(fake.callsOf("verify_audit")).toEqual([{ head: noted }]);
  expect(log.verdict?.broken).toBeNull();
  await log.verify("");
  expect(fake.callsOf("verify_audit")[1]).toEqual({ head: null });
  await log.verify("f".repeat(64));
  expect(log.verdict?.broken?.why).toContain("cut off");
});

test("a_verification_that_cannot_be_done_is_no_verdict", async () => {
  const { fake, log } = await loaded(12);
  await log.verify("");
  fake.refuse("verify_audit");
  await log.verify("");
  expect([log.verdict, log.verifyProblem, log.verifying]).toEqual([null, network, false]);
});

test("what_is_about_something_is_listed_alone_and_a_late_answer_to_another_question_is_dropped", async () => {
  const { fake, log } = await loaded(720);
  const release = fake.hold("audit");
  const slow = log.load();
  const shown = log.show({ platform: "zoom" });
  release();
  await Promise.all([slow, shown]);
  expect([log.entries.length, log.hasMore]).toEqual([100, true]);
  expect(new Set(log.entries.map(({ platform }) => platform))).toEqual(new Set(["zoom"]));
  const oldest = log.entries[99]?.id;
  await log.more();
  expect(fake.callsOf("audit").at(-1)).toEqual({ filter: { platform: "zoom" }, before: oldest });
});
