export const hostPickerTitle = "Profile Remote Python";
export const hostPickerPlaceholder = "Choose a host, or type user@host:port";
export const hostPickerTyped = (destination: string): string => `Connect to ${destination}`;
export const hostPickerConfigGroup = "From your SSH configuration";
export const hostPickerRecentGroup = "Recent hosts";
export const hostPickerSettingGroup = "From your settings";
export const hostPickerForget = "Remove from recent hosts";

export const processPickerTitle = (host: string): string => `Python processes on ${host}`;
export const processPickerPlaceholder = "Choose what to sample; the list refreshes by itself";
export const processPickerAll = "All Python processes";
export const processPickerAllDetail = "Also those that start while sampling";
export const processPickerEmpty = "No Python is running on this host";
export const processPickerEmptyDetail = "Start the program: it appears here within two seconds";
export const processPickerSeveral = "Choose several";
export const processPickerOne = "Choose one";
export const processPickerOthersGroup = "Cannot be profiled";

export const connectingTitle = (host: string): string => `Emberline: ${host}`;
export const phaseConnecting = "Connecting";
export const phaseDeploying = "Putting the helper in place";
export const phaseElevating = "Gaining the privilege to sample";
export const phaseListing = "Looking for Python processes";
export const phaseStarting = "Starting to sample";

export const loginTitle = (who: string): string => `Log in as ${who}`;
export const passwordTitle = (who: string): string => `Password for ${who}`;
export const passphraseTitle = (keyPath: string): string => `Passphrase for ${keyPath}`;
export const sudoTitle = (who: string): string => `sudo password for ${who}`;
export const secretPrompt = "Sent to this host only, and not stored";
export const passphrasePrompt = "Used on this machine only, and not stored";
export const sudoPrompt = (command: string): string =>
  `Sampling needs root. It runs ${command} there. The password is not stored`;
export const sudoPromptRemember = (command: string): string =>
  `Sampling needs root. It runs ${command} there. The password is kept in VS Code's secret store once sudo accepts it`;
export const withoutRootButton = "Go on without root";
export const withoutRootQuestion = (reason: string): string => `${reason} Go on without root?`;
export const withoutRootDetail = (user: string): string =>
  `Then only processes of ${user} can be sampled, without native and kernel frames and at more cost for the host.`;
export const withoutRootAccept = "Go On Without Root";
export const rememberOff = "Keep in VS Code's secret store (now: off)";
export const rememberOn = "Keep in VS Code's secret store (now: on)";
export const refused = "That was not accepted; try again";
export const serverAsks = (host: string, prompt: string): string => `${host} asks: ${prompt}`;

export const hostKeyQuestion = (host: string): string =>
  `The host ${host} is not known yet. Is this its key?`;
export const hostKeyDetail = (key: {
  readonly keyType: string;
  readonly sha256Fingerprint: string;
  readonly otherKnownTypes: readonly string[];
  readonly savedTo: string | undefined;
}): string =>
  [
    `${key.keyType}\n${key.sha256Fingerprint}`,
    "Compare this fingerprint with one that the host's administrator gives you. Nothing secret has been sent so far.",
    ...(key.otherKnownTypes.length > 0
      ? [`Look twice: this host is already known, by ${key.otherKnownTypes.join(", ")}.`]
      : []),
    key.savedTo === undefined
      ? "The key will not be stored."
      : `If you trust it, it is added to ${key.savedTo}.`,
  ].join("\n\n");
export const hostKeyAccept = "Trust and Connect";

export const showLogButton = "Show Log";
export const retryButton = "Try Again";
export const showDetailsButton = "Show Details";
export const showFlameGraphButton = "Show Flame Graph";

export const flameGraphTitle = "Emberline Flame Graph";
export const notBusy = "No session is running.";
export const alreadyBusy = "A session is already running; stop it first.";
export const localOnlyOnLinux = "Profile This Machine needs VS Code to run on Linux.";
export const noResults = "Nothing has been sampled yet.";
export const passwordsForgotten = "Saved passwords were removed from the secret store.";

export const sourceDiffers = (fileName: string): string =>
  `${fileName} here is not the file that runs on the host, so its heat is approximate (marked with ~).`;
export const openProfiledSource = "Open Profiled Source";
export const sourceHasNoFile =
  "This code has no file: the program made it at run time, or it is built into Python.";
export const sourceUnreadable = (remotePath: string, message: string, next: string): string =>
  `# ${remotePath}\n# ${message}\n# ${next}\n`;

/** What a run without BPF does not give; `why` is one sentence of the helper's. */
export const withoutBpf = (why: string, isRoot: boolean): string =>
  `${why} So it samples from user space: ${isRoot ? "" : "only processes of your user there, "}no native and kernel frames, new processes late, and more cost for the host.`;

export const statusTooltip = "Click for what you can do";
export const menuTitle = "Emberline";
export const menuStop = "Stop and keep the results";
export const menuCancel = "Cancel";
export const menuFlameGraph = "Show Flame Graph";
export const menuToggleHeat = "Toggle Heat";
export const menuDetails = "Show Session Details";
export const menuLog = "Show Log";

export const hoverSelf = "Self";
export const hoverTotal = "Total";
export const hoverCallees = "Called from here";
export const hoverCallers = "Reached from";
export const hoverCosts = "In C, of the line's self";
export const hoverKernelOnly = "In the kernel, of the line's self";
export const hoverExpressions = "Expressions, of the line's total";
export const hoverPython = "Python itself: no native frame below";
export const hoverUnread = (reason: string): string => `unreadable: ${reason}`;
export const hoverNoSymbol = "code without symbols";
export const hoverKernel = "kernel:";
export const hoverEvaluator = "runs the bytecode";
export const hoverCallerOf = (callers: string): string => `in ${callers}`;
export const hoverMore = (count: number, share: string): string => `… ${count} more, ${share}`;
export const hoverExpressionSelf = (share: string): string => `${share} itself`;
export const hoverApproximate = "~ This line is not exactly the one that ran.";
export const hoverUnknown =
  "~ What ran cannot be compared with this file: it was changed on the host after the program had started, or could not be read there.";

export const hotLinesZoomed = (functionName: string): string =>
  `Within ${functionName}, as zoomed in the flame graph.`;
export const hotLinesWaiting = "Waiting for the first samples.";
export const hotLinesNone = "Nothing was sampled: no chosen process ran Python on a CPU meanwhile.";
