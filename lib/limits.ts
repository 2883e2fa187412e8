/** Every bound of the connector: its unit, and why it is that large. Nothing between socket and stdout is without one. */

// Time

/** The end of a COQL window stays this far behind Zoho's clock: `Modified_Time` has whole seconds, so the current one is not complete. */
export const windowLagS = 2;

/** A window begins this far before the cursor, for records that become visible late: those later than this are missed (design 5.3 asks for 60 s at least). */
export const windowOverlapS = 60;

/** The feed of deletions may lag this far behind COQL: a range that is resumed waits so long before it trusts that the feed has what COQL has not. */
export const feedLagMs = 10_000;

/** How far dates of answers may differ from what the monotonic clock explains and still agree: whole seconds, slow answers, several servers. Well inside the overlap. */
export const dateJitterMs = 10_000;

/** A first date that is off from this machine's clock by less is no reason for a warning: a clock that nobody sets is off by minutes. */
export const machineSkewMs = 5 * 60_000;

/** Answers must agree on another date for this long before it is believed (design 7); a wrong one of a single server or proxy does not last. */
export const dateAgreedMs = 60_000;

/** A date before this is none of Zoho's: API v8 did not exist. */
export const dateEarliestMs = Date.UTC(2020);

/** Sweeps of one binding start at least this far apart, whatever its `interval`: `PT0S` must not spin through credits. */
export const sweepSpacingMs = 1_000;

/** A bulk job that takes longer is taken for lost: the longest reported run for minutes, and results are kept a day. */
export const jobWaitMaxMs = 6 * 3_600_000;

/** A job that is completed but does not tell its result, or whose file is not there, is asked again for this long: the parts of Zoho need not agree at once. Then it is done anew. */
export const resultWaitMaxMs = 3 * 60_000;

/** A job in a state that nobody documents is waited for this long: it may be a new word for work in progress, or for an end. */
export const unknownStateMaxMs = 30 * 60_000;

/** The schedule of a formula refresh is looked at this often; it has minutes. */
export const scheduleCheckMs = 5_000;

/** Field metadata is read again after this time, so that a new custom field arrives without a restart. One credit an hour and module. */
export const fieldsAgeMaxMs = 3_600_000;

/** What an API refused is asked for again this often, and when metadata change: at most three calls that are refused (design 5.6 asks for daily). */
export const fieldsNotedMaxS = 86_400;

/** A module that was set aside is tried again after this time, doubling up to the second one: its fault is Zoho's or an administrator's to mend. */
export const moduleRetryMs = 60_000;
export const moduleRetryMaxMs = 1_800_000;

// Rows and bytes

/** Rows of a COQL page: the cheapest kind of call (1 credit) for an idle sweep, the largest (3 credits) for the rest of a busy one. */
export const coqlRowsSmall = 200;
export const coqlRowsLarge = 2_000;

/** Deletions are read this often at least while there are none: 48 readings of 2 credits a day. */
export const deletionsPauseMaxMs = 30 * 60_000;

/** Ids of one `id in (...)` condition (zoho-api sheet 5.2); an organisation that takes fewer is asked for half as many, and so on. */
export const coqlIdsMax = 100;

/** Records beyond Zoho's clock that are read in one go: their `Modified_Time` was set by hand or by a wrong clock. More of them come when their time does. */
export const aheadRowsMax = 100_000;

/** Such records whose capture is kept in the state, so that a restart does not repeat them (32 KB of state). */
export const aheadIdsMax = 1_000;

/** All records beyond Zoho's clock are looked through this often; in between only those that the pages of a sweep happen to reach. */
export const aheadLookMs = 3_600_000;

/** Bytes of a COQL page that are aimed at: four sweeps at once, and what becomes of their pages, fit into a few dozen MB. */
export const coqlPageBytes = 8 << 20;

/** What the rows of a COQL page take in memory at most, of all its slices together: one that gets heavier ends before its last row. Four sweeps at once hold 48 MB then. */
export const coqlPageBytesMax = 12 << 20;

/** A page that failed by its size is asked for with a quarter of the rows: from 2,000 to a single one in six steps, each of which has tries of its own. */
export const coqlPageShrinkBy = 4;

/** Good answers in a row before a size that failed is doubled. The first number doubles with every failure up to the second, so that a size that fails is seldom tried again. */
export const pageGoodMin = 2;
export const pageGoodMax = 64;
/** Names of one field that are exchanged for ids, and queries in vain for one of them: territories and the like have dozens of names. */
export const referenceNamesMax = 10_000;
export const referenceTriesMax = 3;
/** Records asked for at once for the sake of such names: some organisations take no longer list (zoho-api sheet 12). */
export const referenceIdsMax = 50;

/** Times that a record is read again whose slices keep differing; it is being edited just now, and comes with the next sweep. */
export const sliceRoundsMax = 3;

/** Received bytes of the rows written in one piece, about; a Flow sequence should hold a few MB at most. */
export const pieceBytesMax = 1 << 20;

/** Deletions of one page, as many as Zoho gives (zoho-api sheet 6). */
export const deletedPageRows = 200;

/** Pages of 200 deletions read in one go (2 credits each): far more than any organisation deletes within the feed's 120 days. */
export const deletedPagesMax = 10_000;

/** Rows at which Zoho may end a list of numbered pages, perhaps without saying so (zoho-api sheet 6). */
export const deletedRowsCap = 2_000;

/** Pages in a row without a row, each of which says that more follow, before the feed is taken for cut. */
export const deletedEmptyMax = 3;

/** Times that a feed of several pages is read until two agree; it settles unless records are restored all the time. */
export const deletedPassesMax = 5;

// Tries

/** Downloads of one job's result before it is exported anew, without a row gained in between. */
export const downloadTriesMax = 3;

/** Exports of one page before the module is set aside, and restarts of a range whose page token expired. */
export const jobTriesMax = 3;

/** Refreshes that follow one another at once for values that are owed, because records changed meanwhile: the first is short of few, and a module that never rests would refresh for ever. */
export const refreshesInRowMax = 3;
/** Then what is owed waits for the schedule, or so long. */
export const owedPauseMs = 3_600_000;

// Places, for all bindings of the process together

/** Bulk jobs being worked on by Zoho at once: an organisation may run them one after another, and more only queue there. */
export const jobsAtOnce = 5;

/** Pages downloaded at once; each holds a few MB between socket and output. Two keep the output busy while one of them waits for the network. */
export const pagesAtOnce = 2;

/** Sweeps being read at once; each holds a COQL page, and COQL shares a sub-limit of 10 calls with all of the organisation's other uses. */
export const sweepsAtOnce = 4;

/** Slots of 8 bytes that remember what was captured otherwise during backfills and refreshes (64 MB). */
export const gateIdsMax = 1 << 23;

/** Slots of 24 bytes that remember what was emitted within the overlap (12 MB). */
export const overlapIdsMax = 1 << 19;

/** Slots of 16 bytes that remember what refreshes wrote last (64 MB): of 2.9 million records of one module, or of fewer of several. */
export const refreshedIdsMax = 1 << 22;

/** Recycle-bin ids of one binding that are watched and saved: ten COQL calls, and some 33 KB of state, of which each patch holds the changes only. */
export const recycledIdsMax = 1_000;

/** They are asked for at least this often, for as long as Zoho keeps the bin (zoho-api sheet 6): what is restored later than that was purged before. */
export const recycledAskMaxS = 3_600;
export const recycledLifeS = 60 * 86_400;

// What Zoho takes in one request

/** Fields of a bulk job; with more, Zoho exports every field of the module instead of failing (zoho-api sheet 4.1). */
export const bulkFieldsMax = 200;

/** Rows of one bulk job where Zoho does not say (zoho-api sheet 4.3). */
export const bulkPageRows = 200_000;

/** Columns of a COQL query: what the overview documents, and what every account of it allows (zoho-api sheet 5.3). */
export const coqlColumnsMax = 500;
export const coqlColumnsFallback = 50;

/** Tries of a query as it stands that Zoho refuses without naming a column: queries asked side by side are refused at random (zoho-api sheet 5.1). */
export const queryTriesMax = 3;

/** Dynamic formulas of a COQL query (zoho-api sheet 5.3). */
export const coqlDynamicMax = 5;

/** An outage of Zoho that lasts longer ends an open capture, once no binding reaches Zoho any more: usual ones are over in minutes, and a restart costs little. */
export const outageMaxMs = 5 * 60_000;
/** The pause before one of the bindings tries again in an outage, doubling up to the second: with the tries of its call, changes flow within 15 s of its end. */
export const outageDelayMs = 2_000;
export const outageDelayMaxMs = 8_000;

/** The first pause before something is tried again, doubling up to the second. */
export const retryDelayMs = 1_000;
export const retryDelayMaxMs = 30_000;

/** The status shown in Flow is looked at this often. */
export const statusCheckMs = 5_000;

/** Calls and credits spent are logged this often. */
export const costLogMs = 3_600_000;

// Calls of Zoho

/** Waits between looks at a job: short enough for the sandbox's jobs, rare enough for one of hours (a look may cost a credit). */
export const pollDelayMinMs = 100;
export const pollDelayMaxMs = 30_000;

/** Calls in flight: what the smallest edition allows an organisation's app (zoho-api sheet 8.1). More would not speed up a backfill, which waits for jobs and downloads. */
export const callsAtOnce = 5;

/** COQL calls among them: well inside the sub-limit of 10 that the organisation's other uses share, and never all places. */
export const coqlAtOnce = 3;

/** Calls of higher priority that may go before a waiting one of lower priority: sweeps come first, but a backfill still moves while they never end. */
export const passedOverMax = 8;

/** Downloads that Zoho allows in a minute; one more blocks all of them for a minute (zoho-api sheet 4.4). */
export const downloadsPerMinute = 10;
/** That minute, with room for the two clocks to differ. */
export const downloadWindowMs = 61_000;

/** Pause of all calls after a 429, doubling with each further one up to the second: one burst ends within seconds, and a single call every ten seconds or so is no burden. */
export const throttleDelayMs = 1_000;
export const throttleDelayMaxMs = 10_000;

/** Pause of downloads after a 429 to one of them, where Zoho names none: one more than the ration blocks all of them for a minute (zoho-api sheet 4.4). */
export const downloadBlockMs = 60_000;

/** Slow-downs that are remembered: after the longest pause the full pace is back within as many good answers. */
export const slowLevelMax = 5;

/** Nothing but 429 for so long means that the day's credits are gone (they come back hour by hour); from then on calls try this rarely. */
export const creditsGoneAfterMs = 5 * 60_000;
export const creditsProbeMs = 10 * 60_000;

/** Below so many credits, or what changes alone cost in half a day if that is more, deletions wait; below half of it refreshes wait, too (a tenth of the smallest edition's day; a refresh takes 91 at least). */
export const creditsReserveMin = 500;

/** A reserve counts as full again with so many times its credits, so that what waits does not begin and stop with every call. */
export const creditsReserveFull = 1.25;

/** What Zoho said of the credits left holds for this long: it says nothing any more once half of the day's are back. */
export const creditsKnownMs = 3_600_000;

/** Longest time a call is held back by limits: the rolling day of credits and a bit. */
export const throttleWaitMaxMs = 26 * 3_600_000;

/** The same for whoever waits for one answer, a person or a publication: token limits pass within that time, credits do not. */
export const answerWaitMaxMs = 5 * 60_000;

/** Pauses longer than this are told to whoever shows the status. */
export const tellPauseMs = 10_000;

/** Tries of one call that meets outages, cut connections or unreadable answers, and the pauses between them (doubling up to the second; about 8 s in all). */
export const callTriesMax = 6;
export const callDelayMs = 250;
export const callDelayMaxMs = 8_000;

/** The same for a query that gets no answer in time, a minute or three each: it is asked again for fewer rows. */
export const queryTimeoutsMax = 2;

/** Tries of a job's creation when an attempt may have been carried out unseen: each may leave a job of 50 credits behind. */
export const createTriesMax = 3;

/** Access tokens that one call may see refused before the refresh token is taken for wrong: new ones can take a moment to be known everywhere. */
export const tokenRefusalsMax = 4;
/** Refusals of one and the same token among them, which is kept for a moment at times: about 16 s of them. */
export const sameTokenRefusalsMax = 8;

/** Time to connect, to the first byte of an answer, and between two pieces of a body. Zoho answers COQL within seconds, metadata of wide modules slower. */
export const connectTimeoutMs = 15_000;
export const headersTimeoutMs = 60_000;
export const idleTimeoutMs = 60_000;

/** Time for a whole token call; one without a bound has hung syncs (zoho-api sheet 9). */
export const tokenTimeoutMs = 30_000;

/** Size of an answer's headers, of a JSON answer (metadata of a module with a thousand fields and their pick lists has a few MB), of a COQL page (nothing of it is held but its rows), and of a ZIP (without ZIP64 it has no more). */
export const headerBytesMax = 32 << 10;
export const replyBytesMax = 64 << 20;
export const coqlBytesMax = 256 << 20;
export const zipBytesMax = 2 ** 32;

/** Bytes of a body that are read ahead of whoever reads them: as much as zlib is handed at once, so that the network seldom waits for this thread. */
export const bodyBytesAhead = 256 << 10;

/** Secrets shorter than this are not taken out of messages: Zoho's have dozens of characters, and a shorter one may be part of any word. */
export const secretCharactersMin = 8;

/** Part of a token's life after which it is replaced. */
export const tokenLifeShare = 0.75;

/** Tokens fetched in place of refused ones within a time: what Zoho grants, less some for other processes with the same refresh token (10 in 10 minutes; zoho-api sheet 1.2). */
export const tokensPerWindow = 8;
export const tokenWindowMs = 10 * 60_000;

/** When more than half of them are gone, a young token is only replaced once it was refused for so long: new ones can take a moment to be known everywhere. */
export const tokenDoubtMs = 2_000;

/** First pause after Zoho refused a token for asking too often, doubling up to the second: some report that half an hour of silence is needed. */
export const tokenThrottleMs = 2 * 60_000;
export const tokenThrottleMaxMs = 30 * 60_000;

/** Modules whose fields are read at once; each is a call of one credit. */
export const fieldCallsAtOnce = 4;

/** Redirects of one download that are followed, all within the API's own origin. */
export const redirectsMax = 3;

/** Jobs whose download address is remembered. */
export const jobAddressesMax = 1_000;

/** Time for a whole call with a JSON answer, however steadily it drips. Downloads have no such bound: theirs is the time between two pieces. */
export const callTimeoutMs = 180_000;

// The protocol

/** Bytes of one request line: an open request holds every binding with its schemas, and the runtime's other connectors take as much (flow-protocol sheet 1.2). */
export const requestBytesMax = 128 << 20;

/** Encodings around one body: a server compresses it once, a gateway perhaps once more. A longer list is no honest answer. */
export const encodingsMax = 3;

/** Size of an error answer that is read for its reason. */
export const errorBytesMax = 64 << 10;

/** The longest `Retry-After` that is believed: credits come back within a day. */
export const retryAfterMaxMs = 24 * 3_600_000;

// Local files

/** A local capture makes its files durable after so many bytes or so long, whichever comes first: a sync costs milliseconds, and a kill repeats no more than this. */
export const commitBytes = 8 << 20;
export const commitDelayMs = 1_000;

/** Bytes written and not yet durable; writers wait beyond, so that a slow disk holds Zoho back and not memory or the next start. */
export const uncommittedBytesMax = 64 << 20;

// Pages of rows

/** Bytes that zlib inflates at once, on its own thread: smaller blocks leave it waiting for the event loop between them, larger ones gain nothing. */
export const inflateBlockBytes = 1 << 20;
/** Compressed bytes handed to zlib at once, and kept ready for it: about what becomes one block. */
export const deflatedPieceBytes = 256 << 10;

/** Inflated bytes of one page; 200,000 rows with 80 KB each would fill it. */
export const csvBytesMax = 2 ** 34;
/** How far a page may expand once it is large: CSV of empty cells reaches about 60, Deflate itself 1,032, and only a bomb comes near that. */
export const inflateRatioMax = 250;
export const inflateRatioFromBytes = 64 << 20;

/** A batch of CSV rows: about as many bytes as the processor's cache holds along with their output, and few enough rows that a checkpoint is never far. */
export const batchBytes = 256 << 10;
export const batchRowsMax = 4_096;

/** Blocks that are kept to be used again, and the largest of them: a batch and its output are under 1 MB, unless its rows are of absurd length. */
export const spareBlocksMax = 4;
export const spareBytesMax = 4 << 20;

/** Bytes that wait for standard output before nothing more is built: while one block is being written, the next is ready. */
export const outputBytesMax = 512 << 10;

/** Memory of the kernel beyond which another one takes over: batches take about 3 MB, a single row of the largest size 120. */
export const kernelBytesMax = 16 << 20;

/** Bytes of one CSV row or header; Zoho's longest texts have tens of KB, and a quote that is never closed must not gather a whole page. */
export const rowBytesMax = 16 << 20;
export const headerLineBytesMax = 1 << 20;

/** Values of a batch of which it is noted that text had to be replaced, and records named in warnings for a field: enough to find the cause. */
export const replacedNotesMax = 100;
export const replacedNamedMax = 20;

/** Characters handed to papaparse at once: longer strings are allocated apart, which makes it slower. */
export const papaSliceBytes = 32 << 10;

/** Bytes of one document; Flow's runtime takes 64 MiB for a whole message. */
export const documentBytesMax = 16 << 20;

/** Levels of nested values in a COQL answer: Zoho's are five deep. */
export const jsonDepthMax = 64;

/** What an estimate reckons for one bulk job: accounts of it run from seconds to some minutes (zoho-api sheet 4.7), and it is better to be early. */
export const estimatedJobS = 180;

// Stopping

/** Time to stop in when asked to, after which the process ends as it is: Flow waits about 5 s for the connector, a person for as long as they like to. */
export const stopConnectorMs = 4_000;
export const stopCommandMs = 30_000;

// Progress

/** Live lines are painted anew this often, plain ones written this often: as fast as one reads, and as rare as a log should grow. */
export const liveLineMs = 200;
export const plainLineMs = 5_000;

/** `verify` reads records up to this long after Zoho's present, so that none that is changed meanwhile looks as if it were gone. */
export const verifyAheadS = 3_600;

/** Log lines of a support bundle; when there are more, the latest count. */
export const bundleLogLinesMax = 4_000;

/** Bytes of one value in a COQL answer: the largest text that makes a document, with every character of two bytes written in six. */
export const jsonTokenBytesMax = 3 * documentBytesMax;

/** Bytes of a COQL answer that are parsed before others get their turn. */
export const jsonSliceBytes = 64 << 10;

// Rows that cannot become documents

/** Readings of a page until two agree on the rows that cannot be used; a transfer is at fault once, if at all. */
export const oddReadingsMax = 3;

/** Odd rows of one page. More of them are no rows' fault but the page's, and nothing of it should be taken for read. */
export const oddRowsMax = 10_000;

/** Lines after one that cannot be read in which a sound row must begin: a text has seldom more lines, and far more would be a page without structure. */
export const resyncLinesMax = 100;

/** Odd rows of one module that are named in the log, one by one; more are only counted. */
export const oddRowsNamedMax = 1_000;

/** Odd rows of one module that are remembered, so that an overlap does not name them again: 28 characters each. */
export const oddRowsKnownMax = 20_000;

/** Records without a `Modified_Time` of one module that are looked after: a few that an import of old left behind; their ids take 2 MB. */
export const untimedIdsMax = 50_000;
