import { beforeAll, expect, onTestFinished, test } from "vitest";
import {
  freePort,
  startSshd,
  whyNoSshd,
  type SshdOptions,
  type TestSshd,
} from "../../support/sshd";
import { testUnless } from "../../support/skip";
import { makeUser } from "../../support/sshUsers";
import { closeNotifications, waitForNotification } from "../../support/vscode/dialog";
import { chooseHost, trustHostKey } from "../../support/vscode/profiling";
import { helpersGone } from "../support/helpers";
import { clearSession } from "../support/shopSession";
import { dismiss, readPicker, waitForQuestion } from "../../support/vscode/quickInput";
import { world } from "../support/world";

/** A host beside the stage's own, for the length of a test. */
async function addHost(alias: string, user: string, options: SshdOptions = {}): Promise<TestSshd> {
  const { developer } = world().stage;
  const sshd = await startSshd(options);
  onTestFinished(() => sshd.stop());
  sshd.authorize(user, developer.key);
  developer.addHost({ alias, port: sshd.port, user });
  return sshd;
}

/** What is said when profiling a host fails. */
async function refusalOf(alias: string, said: RegExp): Promise<void> {
  const { page } = world();
  await chooseHost(page, alias);
  await expectRefusal(said);
}

async function expectRefusal(said: RegExp): Promise<void> {
  const { page } = world();
  expect(await waitForNotification(page, said)).toMatch(said);
  await closeNotifications(page);
}

export function refusals(): void {
  beforeAll(clearSession);

  test("a name without an address", async () => {
    const { developer } = world().stage;
    developer.addHost({ alias: "ghost", hostName: "ghost.invalid", port: 22, user: "me" });
    await refusalOf(
      "ghost",
      /No address is known for the name ghost\.invalid\. Check the spelling/,
    );
  });

  test("a port on which nobody listens", async () => {
    const port = await freePort();
    world().stage.developer.addHost({ alias: "silent", port, user: "me" });
    await refusalOf("silent", new RegExp(`refused the connection on port ${port}\\..*SSH server`));
  });

  test("a host whose key has changed", async () => {
    const { developer } = world().stage;
    const sshd = await addHost("changed", world().stage.account.name);
    const other = await startSshd();
    onTestFinished(() => other.stop());
    const known = developer.knownHosts();
    onTestFinished(() => developer.setKnownHosts(known));
    developer.setKnownHosts(
      known + other.knownHostsText().replaceAll(`:${other.port}`, `:${sshd.port}`),
    );
    await refusalOf("changed", /someone may be listening in\. .*administrator/);
    expect(sshd.log()).not.toMatch(/Accepted/);
  });

  test("a user whom the host does not let in", async () => {
    const onlyKeys = ["PasswordAuthentication no", "KbdInteractiveAuthentication no"];
    const { developer } = world().stage;
    const sshd = await startSshd({ config: onlyKeys });
    onTestFinished(() => sshd.stop());
    developer.addHost({ alias: "closed", port: sshd.port, user: world().stage.account.name });
    await chooseHost(world().page, "closed");
    await trustHostKey(world().page);
    await expectRefusal(/did not let .* in; tried: .*publickey.*\. Check the user name/);
  });

  testUnless(whyNoSshd(), "a host on which no Python runs", async () => {
    const { account } = world().stage;
    // Its own process ids and /proc: from inside, nothing else runs there.
    const launcher = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const sshd = await addHost("empty", account.name, { launcher });
    const { page } = world();
    await chooseHost(page, "empty");
    await trustHostKey(page);
    await waitForQuestion(page, "Python processes on empty");
    await expect
      .poll(async () => (await readPicker(page)).map((row) => row.label))
      .toContain("No Python is running on this host");
    await dismiss(page);
    expect(await helpersGone(sshd.pid)).toBe(true);
  });

  testUnless(whyNoSshd(), "a user who may not become root", async () => {
    const user = makeUser({ sudo: "none" });
    onTestFinished(() => user.remove());
    await addHost("unprivileged", user.name);
    await chooseHost(world().page, "unprivileged");
    await trustHostKey(world().page);
    await expectRefusal(/sudo/);
  });
}
