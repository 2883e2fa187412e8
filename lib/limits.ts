/** Every bound of the connector but those of Zoho's client, with its unit and its reason. */

// Time

/** A COQL window ends this far behind Zoho's clock, because `Modified_Time` has whole seconds. */
export const windowLagS = 2;
/** A window begins this far before the cursor, for records that show up late (design 5.3). */
export const windowOverlapS = 60;
/** How far the feed of deletions may lag behind COQL before a resumed backfill trusts it. */
export const feedLagMs = 10_000;
/** Minimum time between sweeps of one binding: an `interval` of `PT0S` must not burn credits. */
export const sweepSpacingMs = 1_000;
/** A longer bulk job counts as lost. The longest reported ran for minutes; results last a day. */
export const jobWaitMaxMs = 6 * 3_600_000;
/** How long a completed job may lack its result, because Zoho's servers disagree for a while. */
export const resultWaitMaxMs = 3 * 60_000;
/** How long a job may be in an undocumented state, which may mean work in progress or an end. */
export const unknownStateMaxMs = 30 * 60_000;
/** How often the schedule of a formula refresh is checked. Schedules have minutes. */
export const scheduleCheckMs = 5_000;
/**
 * Shortest time between snapshots without a schedule. Each exports the whole module, for 50
 * credits.
 */
export const snapshotSpacingMs = 3_600_000;
/** Tombstones of a snapshot that are written at once, some 40 bytes each. */
export const rowTombstonesAtOnce = 10_000;
/** Field metadata are read this often, for new fields to appear. One credit an hour and module. */
export const fieldsAgeMaxMs = 3_600_000;
/** How often refused fields are tried again, besides when metadata change (design 5.6). */
export const fieldsNotedMaxS = 86_400;
/** Pause of a failed module, doubling up to the second. Someone has to fix the cause. */
export const moduleRetryMs = 60_000;
export const moduleRetryMaxMs = 1_800_000;

// Rows and bytes

/** Rows of a COQL page: 200 cost 1 credit, for an idle sweep; 2,000 cost 3, for a busy one. */
export const coqlRowsSmall = 200;
export const coqlRowsLarge = 2_000;
/** Longest pause between readings of deletions while there are none: 96 credits a day. */
export const deletionsPauseMaxMs = 30 * 60_000;
/** Ids in one `id in (...)` (zoho-api sheet 5.2). Organisations that reject as many get half. */
export const coqlIdsMax = 100;
/** Records dated after Zoho's present that are read at once. Others follow in their time. */
export const aheadRowsMax = 100_000;
/** How many of those the state remembers, so that a restart does not repeat them (32 KB). */
export const aheadIdsMax = 1_000;
/** How often all records dated after Zoho's present are read. Sweeps reach only some of them. */
export const aheadLookMs = 3_600_000;
/** Target size of a COQL page: four concurrent sweeps and their output fit into a few dozen MB. */
export const coqlPageBytes = 8 << 20;
/** Memory for a COQL page with all its slices. Heavier ones end early; four take 48 MB. */
export const coqlPageBytesMax = 12 << 20;
/** A page that failed by size is retried with a quarter of the rows: 2,000 to 1 in six steps. */
export const coqlPageShrinkBy = 4;
/** Good pages before the size doubles again; this number doubles with each failure. */
export const pageGoodMin = 2;
export const pageGoodMax = 64;
/** Names of one field mapped to ids, and failed queries for one. Territories have dozens. */
export const referenceNamesMax = 10_000;
export const referenceTriesMax = 3;
/** Records in one query for such names. Some organisations take no more (zoho-api sheet 12). */
export const referenceIdsMax = 50;
/** Times a record is read again while its slices differ. The next sweep brings it. */
export const sliceRoundsMax = 3;
/** Approximate bytes of rows in one transaction. A Flow sequence should hold a few MB at most. */
export const pieceBytesMax = 1 << 20;
/** Deletions in one page, as many as Zoho gives (zoho-api sheet 6). */
export const deletedPageRows = 200;
/** Pages of deletions read at once (2 credits each), more than any organisation has in 120 days. */
export const deletedPagesMax = 10_000;
/** Zoho may end a list of numbered pages at this row without saying so (zoho-api sheet 6). */
export const deletedRowsCap = 2_000;
/** Consecutive empty pages that promise more before the feed counts as cut. */
export const deletedEmptyMax = 3;
/** Times a feed is read until two readings agree. Only constant restores keep it changing. */
export const deletedPassesMax = 5;

// Tries

/** Downloads of one result that gain no row before the job is repeated. */
export const downloadTriesMax = 3;
/** Jobs for one page before its module is paused, and restarts after an expired page token. */
export const jobTriesMax = 3;
/** Refreshes in a row. One usually suffices; a busy module would otherwise never stop. */
export const refreshesInRowMax = 3;
/** After those, owed values wait for the schedule, or this long. */
export const owedPauseMs = 3_600_000;

// Concurrency and memory, for all bindings together

/** Concurrent bulk jobs. An organisation may run them one by one, and more only queue there. */
export const jobsAtOnce = 5;
/** Concurrent downloads, of a few MB each. One writes while another awaits the network. */
export const pagesAtOnce = 2;
/** Concurrent sweeps, of one COQL page each. The organisation has 10 concurrent queries in all. */
export const sweepsAtOnce = 4;
/** Slots of 8 bytes that remember what else was captured during a backfill or refresh (64 MB). */
export const filterIdsMax = 1 << 23;
/** Slots of 24 bytes that remember what was emitted within the overlap (12 MB). */
export const emittedIdsMax = 1 << 19;
/** Slots of 16 bytes that remember what refreshes wrote last: 2.9 million records (64 MB). */
export const refreshedIdsMax = 1 << 22;
/** Recycle-bin ids watched for one binding: ten COQL calls, and 33 KB of state. */
export const recycledIdsMax = 1_000;
/** Each id is checked at least this often while Zoho keeps the bin (zoho-api sheet 6). */
export const recycledAskMaxS = 3_600;
export const recycledLifeS = 60 * 86_400;

// What Zoho takes in one request

/** Fields of a bulk job. Given more, Zoho silently exports every field (zoho-api sheet 4.1). */
export const bulkFieldsMax = 200;
/** Rows of one bulk job where Zoho does not say (zoho-api sheet 4.3). */
export const bulkPageRows = 200_000;
/** Columns of a COQL query: as documented, and as every source agrees (zoho-api sheet 5.3). */
export const coqlColumnsMax = 500;
export const coqlColumnsFallback = 50;
/** Tries of a query that names no fault. Concurrent ones fail at random (zoho-api sheet 5.1). */
export const queryTriesMax = 3;
/** Dynamic formulas of a COQL query (zoho-api sheet 5.3). */
export const coqlDynamicMax = 5;
/** A longer outage of every binding ends the capture. Most are shorter, and restarts are cheap. */
export const outageMaxMs = 5 * 60_000;
/** Pause before one binding retries in an outage, doubling up to the second. */
export const outageDelayMs = 2_000;
export const outageDelayMaxMs = 8_000;
/** First pause before other retries, doubling up to the second. */
export const retryDelayMs = 1_000;
export const retryDelayMaxMs = 30_000;
/** How often the status shown in Flow is updated. */
export const statusCheckMs = 5_000;
/** How often calls and credits are logged. */
export const costLogMs = 3_600_000;

// Credits and waits

/**
 * With fewer credits left, or than half a day of changes costs, deletions wait; refreshes at half.
 */
export const creditsReserveMin = 500;
/** What waits continues once this many times its reserve is left, so that it does not flap. */
export const creditsReserveFull = 1.25;
/** The same for someone who waits for one answer. Token limits pass by then, credits do not. */
export const answerWaitMaxMs = 5 * 60_000;
/** Shorter secrets are not redacted: they may be part of any word. Zoho's are far longer. */
export const secretCharactersMin = 8;

// The protocol

/** Bytes of a request, which holds every schema. Flow's own connectors take as much (sheet 1.2). */
export const requestBytesMax = 128 << 20;

// Local files

/** Files become durable after this much or this long. A kill repeats no more than this. */
export const commitBytes = 8 << 20;
export const commitDelayMs = 1_000;
/** Bytes not yet durable. Writers wait beyond, so that a slow disk does not fill memory. */
export const uncommittedBytesMax = 64 << 20;

// Pages of rows

/** Bytes that zlib inflates at once on its thread. Less idles it; more gains nothing. */
export const inflateBlockBytes = 1 << 20;
/** Compressed bytes handed to zlib at once, about one inflated block. */
export const deflatedPieceBytes = 256 << 10;
/** Inflated bytes of one page: 200,000 rows of 80 KB each. */
export const csvBytesMax = 2 ** 34;
/** How far a large page may expand. CSV of empty cells reaches about 60, and a bomb 1,032. */
export const inflateRatioMax = 250;
export const inflateRatioFromBytes = 64 << 20;
/** A batch and its output fit into the processor's cache, and a checkpoint is never far. */
export const batchBytes = 256 << 10;
export const batchRowsMax = 4_096;
/** Blocks kept for reuse, and their size. A batch and its output usually take under 1 MB. */
export const spareBlocksMax = 4;
export const spareBytesMax = 4 << 20;
/** Bytes that may wait for standard output: one block is written while the next is ready. */
export const outputBytesMax = 512 << 10;
/** Memory at which the kernel is replaced. Batches take about 3 MB, the largest row 120. */
export const kernelBytesMax = 16 << 20;
/** Bytes of a CSV row and header. An unclosed quote must not swallow a page. */
export const rowBytesMax = 16 << 20;
export const headerLineBytesMax = 1 << 20;
/** Bytes of a block joined to the row that the block before cut: enough to fill a batch, too. */
export const joinBytes = 64 << 10;
/** Values of a batch whose replaced text is noted, and records that the log names per field. */
export const replacedNotesMax = 100;
export const replacedNamedMax = 20;
/** Characters handed to papaparse at once. Longer strings are allocated apart and slow it down. */
export const papaSliceBytes = 32 << 10;
/** Bytes of one document. Flow's runtime takes 64 MiB for a whole message. */
export const documentBytesMax = 16 << 20;
/** Levels of nested values in a COQL answer. Zoho's are five deep. */
export const jsonDepthMax = 64;
/** Assumed duration of a bulk job in estimates: seconds to minutes (zoho-api sheet 4.7). */
export const estimatedJobS = 180;

// Stopping and progress

/** Time for an orderly stop. Flow waits about 5 s for the connector; a person waits longer. */
export const stopConnectorMs = 4_000;
export const stopCommandMs = 30_000;
/** How often the live display and plain progress lines are written. */
export const liveLineMs = 200;
export const plainLineMs = 5_000;
/** `verify` reads records dated up to this far ahead: a changed one must not look missing. */
export const verifyAheadS = 3_600;
/** How often a report samples a run: more often than the shortest wait for a job. */
export const reportSampleMs = 50;
/** Points of a report's charts, spans per timeline, and incidents. A screen cannot show more. */
export const reportSamplesMax = 2_000;
export const reportSpansMax = 2_000;
export const reportIncidentsMax = 200;
/** Latest log lines that go into a support bundle. */
export const bundleLogLinesMax = 4_000;
/** Bytes of a value in a COQL answer: the largest text that fits a document, as JSON escapes. */
export const jsonTokenBytesMax = 3 * documentBytesMax;
/** Bytes of a COQL answer that are parsed before others get their turn. */
export const jsonSliceBytes = 64 << 10;

// Rows that cannot become documents

/** Readings of a page until two agree on its unusable rows. A transfer seldom fails twice. */
export const unusableReadingsMax = 3;
/** Unusable rows of one page. With more, the page is at fault, and none of it counts as read. */
export const unusableRowsMax = 10_000;
/** Lines after an unreadable one in which a valid row must begin. A text seldom has more lines. */
export const resyncLinesMax = 100;
/** Unusable rows of one module that the log names; further ones are only counted. */
export const unusableNamedMax = 1_000;
/** Unusable rows remembered per module, so that an overlap does not name them again. */
export const unusableKnownMax = 20_000;
/** Records of a module without `Modified_Time`, as an old import leaves them: 2 MB of ids. */
export const untimedIdsMax = 50_000;
