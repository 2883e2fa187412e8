/** Every bound of Zoho's client: the pace, tries, times and sizes of its calls. */

// Zoho's clock

/** Dates of answers that differ by less agree: whole seconds, slow answers, several servers. */
export const dateJitterMs = 10_000;
/** A first date this close to the machine's clock causes no warning. Bad clocks are minutes off. */
export const machineSkewMs = 5 * 60_000;
/** Answers must agree on a new date for this long; a wrong one does not last (design 7). */
export const dateAgreedMs = 60_000;
/** Earlier dates cannot be Zoho's: API v8 did not exist. */
export const dateEarliestMs = Date.UTC(2020);

// Calls

/** Pauses between checks of a job, which may cost a credit. Short ones suit the sandbox. */
export const pollDelayMinMs = 100;
export const pollDelayMaxMs = 30_000;
/** Concurrent calls: what the smallest edition allows one app (zoho-api sheet 8.1). */
export const callsAtOnce = 5;
/** COQL calls among them, well below the 10 that the organisation's applications share. */
export const coqlAtOnce = 3;
/** Calls that may overtake one of lower priority. Sweeps go first, but never stop a backfill. */
export const passedOverMax = 8;
/** Downloads a minute. One more blocks all of them for a minute (zoho-api sheet 4.4). */
export const downloadsPerMinute = 10;
/** That minute, with room for the two clocks to differ. */
export const downloadWindowMs = 61_000;
/** Pause of all calls after a 429, doubling up to the second. Bursts usually end within seconds. */
export const throttleDelayMs = 1_000;
export const throttleDelayMaxMs = 10_000;
/** Pause of downloads after a 429 to one of them (zoho-api sheet 4.4). */
export const downloadBlockMs = 60_000;
/** Maximum slow-down level. Full speed returns within as many good answers. */
export const slowLevelMax = 5;
/**
 * Only 429 for this long means that the credits of the day are gone. Calls then become this rare.
 * A shorter throttle is probed every ten seconds, so that changes flow soon after it ends.
 */
export const creditsGoneAfterMs = 20 * 60_000;
export const creditsProbeMs = 10 * 60_000;
/** How long Zoho's figure of the credits left holds. It gives none while half of them are left. */
export const creditsKnownMs = 3_600_000;
/** Longest time that limits hold a call: the rolling day of credits and some margin. */
export const throttleWaitMaxMs = 26 * 3_600_000;
/** Longer pauses appear in the status. */
export const reportedPauseMs = 10_000;
/** Tries of a call in an outage. Pauses double up to the second, about 8 s in all. */
export const callTriesMax = 6;
export const callDelayMs = 250;
export const callDelayMaxMs = 8_000;
/** Timeouts of one query, a minute or three each, before it asks for fewer rows. */
export const queryTimeoutsMax = 2;
/** Tries to create a job that may exist unseen. Each may leave a job of 50 credits behind. */
export const createTriesMax = 3;
/** Rejected access tokens in one call before the refresh token counts as wrong. */
export const tokenRefusalsMax = 4;
/** Rejections of the same token among them. A young one takes a moment to be known everywhere. */
export const sameTokenRefusalsMax = 8;
/** Time to connect, to the first byte, and between two chunks. Wide metadata are the slowest. */
export const connectTimeoutMs = 15_000;
export const headersTimeoutMs = 60_000;
export const idleTimeoutMs = 60_000;
/** Time for a whole token call. One without a bound has hung syncs (zoho-api sheet 9). */
export const tokenTimeoutMs = 30_000;
/** Bytes of headers, a JSON answer (metadata have a few MB), a COQL page, a ZIP without ZIP64. */
export const headerBytesMax = 32 << 10;
export const replyBytesMax = 64 << 20;
export const coqlBytesMax = 256 << 20;
export const zipBytesMax = 2 ** 32;
/** Bytes of a body read ahead: one input block of zlib, so that the network seldom waits. */
export const bodyBytesAhead = 256 << 10;
/** Share of a token's life after which it is replaced. */
export const tokenLifeShare = 0.75;
/** New tokens in a window: Zoho's 10, less some for other processes (zoho-api sheet 1.2). */
export const tokensPerWindow = 8;
export const tokenWindowMs = 10 * 60_000;
/** With half of them used, a young token is replaced only after this long. */
export const tokenDoubtMs = 2_000;
/** Pause after Zoho throttles tokens, doubling up to the second. Some report half an hour. */
export const tokenThrottleMs = 2 * 60_000;
export const tokenThrottleMaxMs = 30 * 60_000;
/** Modules whose fields are read concurrently, for one credit each. */
export const fieldCallsAtOnce = 4;
/** Redirects of one download, all within the API's own origin. */
export const redirectsMax = 3;
/** Jobs whose download address is remembered. */
export const jobAddressesMax = 1_000;
/** Time for a whole JSON call, even if it trickles. Downloads have `idleTimeoutMs` only. */
export const callTimeoutMs = 180_000;
/** Encodings of one body: a server compresses it once, a gateway perhaps again. */
export const encodingsMax = 3;
/** Bytes of an error answer that are read for its reason. */
export const errorBytesMax = 64 << 10;
/** Longest `Retry-After` that counts. Credits return within a day. */
export const retryAfterMaxMs = 24 * 3_600_000;
