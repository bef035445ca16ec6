import type { DeploymentRecord, Evidence, Read } from '../../src/decision/evidence.ts';
import type { Environment, Gate, Pipeline, Route } from '../../src/pipeline/model.ts';

/**
 * A second statement of what the decision must be, to compare it with. It shares no code with the decision and is written the other way round: as what must
 * exist and what must not, over whole histories, without a thought for speed. Windows are understood in UTC only.
 */
export type Door = 'deploy' | 'ask' | 'shut';

const low = (text: string): string => text.toLowerCase();
const bare = (text: string): string =>
  low(text)
    .replace(/^refs\/(tags|heads)\//, '')
    .replace(/^v(?=\d)/, '');

/** However a person writes it: with or without `v`, in quotes, as a full ref, without its component. */
function isWritten(known: string, name: string): boolean {
  const written = bare(name.replaceAll(/[\s`'"\u200b]/g, ''));
  return written === bare(known) || (/^\d+\.\d/.test(written) && known.replace(/^.*[-/@]v?(?=\d+\.)/, '') === written);
}
const time = (record: DeploymentRecord): number => record.finishedAt ?? record.createdAt;
const failureTime = (record: DeploymentRecord): number | null =>
  record.outcome === 'failure' ? (record.failedAt ?? time(record)) : record.failedAt;
const isDeployment = (record: DeploymentRecord): boolean => record.kind === 'promotion' || record.kind === 'rollback';
const isAfter = (one: DeploymentRecord, other: DeploymentRecord): boolean =>
  time(one) > time(other) || (time(one) === time(other) && one.id > other.id);
const last = (records: readonly DeploymentRecord[]): DeploymentRecord | undefined =>
  records.find((one) => records.every((other) => other === one || isAfter(one, other)));

export class Oracle {
  readonly pipeline: Pipeline;
  readonly evidence: Evidence;
  readonly now: number;
  readonly route: Route;
  readonly digest: string | null;

  /** @param route the one that takes the candidate's ref; which one that is, is not the decision's business. */
  constructor(pipeline: Pipeline, evidence: Evidence, now: number, route: Route) {
    this.pipeline = pipeline;
    this.evidence = evidence;
    this.now = now;
    this.route = route;
    this.digest = evidence.candidate.artifact.kind === 'digest' ? evidence.candidate.artifact.digest : null;
  }

  /** Whether a candidate that is not done in the environment may enter it now. */
  door(name: string): Door {
    const environment = this.environment(name);
    const conditions = this.evidence.intent === 'rollback' ? this.toGoBack(environment) : this.toGoOn(environment);
    if (!this.candidateIsFree() || !conditions.every((holds) => holds)) return 'shut';
    if (environment.gate === null || this.isApproved(environment.gate, name)) return 'deploy';
    const canBeAsked = this.evidence.moment === 'plan' && this.canBeApproved(environment.gate, name);
    return canBeAsked ? 'ask' : 'shut';
  }

  private toGoOn(environment: Environment): readonly boolean[] {
    const { name } = environment;
    const earlier = this.before(name);
    return [
      this.isRead(name),
      !this.isPassed(environment),
      !this.isWaitingInside(environment),
      earlier.every((one) => this.isPassed(one)),
      earlier.every((one) => this.isRehearsedNow(one)),
      this.isNotOlder(environment),
      this.isVersionTaken(environment),
      environment.soak.every(({ environment: where, duration }) => this.hasSoaked(where, duration)),
      this.isInWindow(environment),
      !this.isFrozen(name),
      !this.isHeld(name),
      !this.isClosedByUnclearVeto(environment),
      this.gateIsThere(environment),
      this.isMyTurn(name),
    ];
  }

  private toGoBack(environment: Environment): readonly boolean[] {
    const { name } = environment;
    const live = this.live(name);
    const lastOwn = last(this.successes(name));
    return [
      this.isRead(name),
      lastOwn !== undefined,
      live !== lastOwn,
      !this.isHeld(name),
      !this.isClosedByUnclearVeto(environment),
      this.gateIsThere(environment),
      this.isMyTurn(name),
    ];
  }

  private environment(name: string): Environment {
    const found = this.route.environments.get(name) ?? this.pipeline.environments.get(name);
    if (found === undefined) throw new Error(`no environment ${name}`);
    return found;
  }

  private before(name: string): readonly Environment[] {
    const position = this.route.path.findIndex((stage) => stage.includes(name));
    return this.route.path.slice(0, position).flatMap((stage) => stage.map((one) => this.environment(one)));
  }

  private isRead(name: string): boolean {
    return this.evidence.environments.get(name)?.records.read === true;
  }

  private records(name: string): readonly DeploymentRecord[] {
    const found = this.evidence.environments.get(name)?.records;
    return found?.read === true ? found.value.filter((record) => low(record.environment) === low(name)) : [];
  }

  private isOurs(record: DeploymentRecord): boolean {
    if (record.kind === 'foreign' || this.digest === null || record.digest !== this.digest) return false;
    return !this.digest.startsWith('git:') || record.sha === this.evidence.candidate.sha;
  }

  private ours(name: string): readonly DeploymentRecord[] {
    return this.records(name).filter((record) => isDeployment(record) && this.isOurs(record));
  }

  private successes(name: string): readonly DeploymentRecord[] {
    return this.ours(name).filter(({ outcome }) => outcome === 'success');
  }

  private candidateIsFree(): boolean {
    const { candidate, vetoes, holds, intent, moment } = this.evidence;
    if (candidate.fork || !vetoes.read || !holds.read || candidate.artifact.kind === 'unknown') return false;
    if (candidate.artifact.kind === 'to-be-built' && moment === 'door') return false;
    if (this.isVetoed()) return false;
    if (intent === 'rollback') return true;
    const built = this.route.path
      .flat()
      .flatMap((name) => this.records(name))
      .filter((record) => isDeployment(record) && record.outcome === 'success' && record.sha === candidate.sha && record.digest !== null);
    const first = built.toSorted((one, other) => one.id - other.id)[0];
    if (!this.route.path.flat().every((name) => this.isRead(name))) return false;
    return candidate.refState.read && candidate.refState.value === 'holds' && (first === undefined || first.digest === this.digest);
  }

  private isVetoed(): boolean {
    const { candidate, vetoes } = this.evidence;
    if (!vetoes.read) return true;
    const names = new Set([low(candidate.version), low(candidate.sha), low(this.digest ?? '-')]);
    names.add(this.nameOfRef(candidate.ref, candidate.sha)).add(low(candidate.ref.replace('refs/heads/', '')));
    for (const name of this.evidence.environments.keys()) {
      const known = this.records(name).filter(({ kind, outcome }) => kind !== 'foreign' && outcome !== 'withdrawn');
      for (const record of known.filter((one) => one.sha === candidate.sha || this.isOurs(one))) {
        names.add(low(record.version)).add(this.nameOfRef(record.ref ?? '', record.sha));
      }
    }
    for (let length = 6; length < candidate.sha.length; length += 1) names.add(low(candidate.sha.slice(0, length)));
    return vetoes.value.some(
      ({ candidates, unclear }) =>
        (candidates.length === 0 && unclear === undefined) || candidates.some((name) => [...names].some((known) => isWritten(known, name))),
    );
  }

  private isClosedByUnclearVeto({ role }: Environment): boolean {
    const { vetoes } = this.evidence;
    const isProduction = role === 'production' || [...this.pipeline.environments.values()].every((one) => one.role !== 'production');
    return isProduction && vetoes.read && vetoes.value.some(({ unclear }) => unclear !== undefined);
  }

  private nameOfRef(ref: string, sha: string): string {
    const [, tag] = /^refs\/tags\/(.*)$/.exec(ref) ?? [];
    return low(tag ?? `${ref.replace('refs/heads/', '')}@${sha.slice(0, 7)}`);
  }

  isPassed(environment: Environment): boolean {
    const { name } = environment;
    const entry = last(this.successes(name));
    if (entry === undefined || this.isVetoed()) return false;
    const everything = this.records(name);
    const failed = this.ours(name).some((record) => {
      const at = record.outcome === 'failure' || record.outcome === 'success' ? failureTime(record) : null;
      return at !== null && !this.successes(name).some((success) => success.id > record.id && time(success) >= at);
    });
    const leftBehind = everything.some(
      (record) => record.kind === 'rollback' && record.outcome === 'success' && !this.isOurs(record) && isAfter(record, entry),
    );
    const again = this.ours(name).some(({ outcome, id }) => outcome === 'open' && id !== this.evidence.ownRecord);
    return (
      !failed &&
      !leftBehind &&
      !again &&
      (environment.verify === null || entry.verified) &&
      this.isAccepted(environment) &&
      this.isRehearsed(environment)
    );
  }

  private isAccepted({ name, acceptance }: Environment): boolean {
    if (acceptance === null) return true;
    const needed = acceptance.evidence === 'enforced' ? acceptance.approvals - 1 : acceptance.approvals;
    return this.acceptances(name).some(({ approvedBy }) => new Set(approvedBy.map(low)).size >= needed);
  }

  private acceptances(name: string): readonly DeploymentRecord[] {
    return this.records(name).filter((record) => record.kind === 'acceptance' && record.outcome === 'success' && this.isOurs(record));
  }

  private goodRehearsals(name: string): readonly DeploymentRecord[] {
    const all = this.records(name).filter((record) => record.kind === 'rehearsal' && this.isOurs(record));
    const failed = all.filter(
      ({ outcome, rehearsal }) => outcome === 'failure' || (outcome === 'success' && rehearsal?.verdict === 'fail'),
    );
    return all.filter(
      (record) =>
        record.outcome === 'success' &&
        record.rehearsal !== null &&
        record.rehearsal.verdict !== 'fail' &&
        failed.every(({ id }) => id < record.id),
    );
  }

  private isRehearsed({ name, rehearsal }: Environment): boolean {
    return rehearsal === null || this.goodRehearsals(name).length > 0;
  }

  private isRehearsedNow({ name, rehearsal }: Environment): boolean {
    if (rehearsal === null) return true;
    const files = rehearsal.migrations.length === 0 ? null : (this.evidence.environments.get(name)?.migrations ?? { read: false, why: '' });
    const told = this.evidence.migrations;
    return this.goodRehearsals(name).some((record) => {
      const ran = record.rehearsal?.migrations;
      const same = told === null ? files === null || (files.read && files.value === ran) : told === ran;
      const age = this.now - Math.min(record.rehearsal?.snapshotTakenAt ?? 0, time(record));
      return same && (rehearsal.maxAge === null || age <= rehearsal.maxAge);
    });
  }

  private live(name: string): DeploymentRecord | undefined {
    const landed = this.records(name).filter(
      ({ kind, outcome }) => outcome === 'success' && (kind === 'foreign' || kind === 'promotion' || kind === 'rollback'),
    );
    const latest = last(landed);
    const latestOwn = last(landed.filter(({ kind }) => kind !== 'foreign'));
    return latest?.kind === 'foreign' && latestOwn?.sha === latest.sha ? latestOwn : latest;
  }

  /** Deployed and live, and only what people or the rehearsal do afterwards is missing. */
  private isWaitingInside(environment: Environment): boolean {
    const bare = { ...environment, acceptance: null, rehearsal: null };
    const entry = last(this.successes(environment.name));
    return entry !== undefined && this.live(environment.name) === entry && this.isPassed(bare);
  }

  private isNotOlder({ name, downgrade, divergence }: Environment): boolean {
    const live = this.live(name);
    if (live === undefined || live.sha === this.evidence.candidate.sha) return true;
    const allowed = new Set<string | undefined>(['same', 'contains']);
    if (downgrade === 'allow') allowed.add('contained');
    if (divergence === 'allow') allowed.add('diverged');
    if (downgrade === 'allow' && divergence === 'allow') allowed.add(undefined);
    return allowed.has(this.evidence.relations.get(live.sha));
  }

  private isVersionTaken({ accepts }: Environment): boolean {
    if (new Set(accepts).size === 3) return true;
    const all = [...new Set([...this.route.path.flat(), ...this.pipeline.environments.keys()])].map((name) => this.environment(name));
    const isAccepted = all.some(({ name }) => this.acceptances(name).length > 0);
    const isCurrent = all.some(({ name, role }) => {
      const live = this.live(name);
      return role === 'production' && live !== undefined && this.isOurs(live);
    });
    const isKnown = all.every(({ name, role, acceptance }) => (role !== 'production' && acceptance === null) || this.isRead(name));
    const classes = new Set([
      ...(isAccepted ? ['accepted'] : []),
      ...(isCurrent ? ['current'] : []),
      ...(!isAccepted && !isCurrent && isKnown ? ['new'] : []),
    ]);
    return accepts.some((policy) => classes.has(policy));
  }

  /** From every healthy start to the first thing that ended it. */
  private hasSoaked(name: string, duration: number): boolean {
    const { verify } = this.environment(name);
    const ends = this.records(name).flatMap((record) => this.endsOfHealth(record, verify !== null));
    const starts = this.successes(name).filter(({ verified }) => verify === null || verified);
    return starts.some((start) => {
      const after = ends.filter(
        ({ at, id, later }) => at > time(start) || (at === time(start) && (id > start.id || (id === start.id && later))),
      );
      const until = after.length === 0 ? this.now : Math.min(...after.map(({ at }) => at));
      return until - time(start) >= duration;
    });
  }

  private endsOfHealth(record: DeploymentRecord, isVerified: boolean): readonly { at: number; id: number; later: boolean }[] {
    if (record.outcome === 'open' || record.outcome === 'withdrawn' || record.kind === 'acceptance' || record.kind === 'rehearsal')
      return [];
    const own = this.isOurs(record);
    const shadow = record.kind === 'foreign' && record.sha === this.evidence.candidate.sha;
    const unhealthy = record.outcome === 'success' && (own ? isVerified && !record.verified : !shadow);
    const failed = own ? failureTime(record) : null;
    return [
      ...(unhealthy ? [{ at: time(record), id: record.id, later: false }] : []),
      ...(failed === null ? [] : [{ at: failed, id: record.id, later: true }]),
    ];
  }

  private isInWindow({ windows }: Environment): boolean {
    if (windows.length === 0) return true;
    const minute = Math.floor(this.now / 60_000);
    return windows.some(({ days, opens, closes }) => {
      const length = closes > opens ? closes - opens : closes + 1440 - opens;
      // The window that covers this minute opened today or yesterday.
      return [0, 1].some((back) => {
        const day = Math.floor(minute / 1440) - back;
        const weekday = ((((day + 3) % 7) + 7) % 7) + 1;
        const since = minute - (day * 1440 + opens);
        return days.includes(weekday) && since >= 0 && since < length;
      });
    });
  }

  private isFrozen(name: string): boolean {
    return this.pipeline.freezes.some(({ environments, from, until }) => {
      const meant = environments.length === 0 || environments.map(low).includes(low(name));
      return meant && from <= this.now && this.now < until;
    });
  }

  private isHeld(name: string): boolean {
    const known = new Set([...this.pipeline.environments.keys()].map(low));
    const { holds } = this.evidence;
    if (!holds.read) return true;
    return holds.value.some(
      ({ environments }) => environments.length === 0 || environments.some((one) => low(one) === low(name) || !known.has(low(one))),
    );
  }

  private isMyTurn(name: string): boolean {
    const { moment, ownRecord } = this.evidence;
    if (moment === 'plan') return true;
    const queue = this.records(name).filter((record) => isDeployment(record) && record.outcome === 'open');
    // A record that this job has in another environment takes no place in this one's queue.
    const isMine = (record: DeploymentRecord) => isDeployment(record) && record.id === ownRecord;
    const elsewhere = this.route.path.flat().some((other) => other !== name && this.records(other).some(isMine));
    const here = this.records(name).some(isMine);
    if (ownRecord === null || (elsewhere && !here)) return queue.length === 0;
    return Math.min(...queue.map(({ id }) => id)) === ownRecord && queue.length > 0;
  }

  private reviewers(name: string) {
    const read = this.evidence.environments.get(name)?.protection;
    return read?.read === true ? read.value : null;
  }

  private gateIsThere({ gate, name }: Environment): boolean {
    const seen = this.reviewers(name);
    return gate === null || (seen !== null && seen.reviewers.length + seen.unnamed > 0);
  }

  private everyReviewerIsNamed(gate: Gate, name: string): boolean {
    const seen = this.reviewers(name);
    const by = new Set(gate.by.map(low));
    if (by.size === 0) return true;
    if (seen === null || !seen.reviewers.every((one) => by.has(low(one.name)))) return false;
    for (const { name: known } of seen.reviewers) by.delete(low(known));
    const [guess, ...others] = [...by].filter((one) => one.includes('/'));
    if (seen.unnamed > 0) return seen.unnamed === 1 && guess !== undefined && others.length === 0;
    return seen.reviewers.length > 0;
  }

  private writers(name: string): Read<readonly string[]> {
    const all: readonly Read<readonly string[]>[] = [
      this.evidence.candidate.authors,
      this.evidence.environments.get(name)?.authors ?? { read: false, why: 'nobody asked' },
    ];
    const missing = all.find((one) => !one.read);
    return missing ?? { read: true, value: all.flatMap((one) => (one.read ? one.value : [])) };
  }

  private mayNot(gate: Gate, name: string): ReadonlySet<string> {
    const { initiators } = this.evidence.candidate;
    const authors = this.writers(name);
    const people = gate.exclude.flatMap((one) => (one === 'initiator' ? initiators : authors.read ? authors.value : []));
    return new Set(people.map(low));
  }

  private holdProves(gate: Gate, name: string): boolean {
    const seen = this.reviewers(name);
    if (gate.evidence !== 'enforced' || seen === null || seen.reviewers.length + seen.unnamed === 0) return false;
    if (gate.exclude.includes('author')) return false;
    const alone = seen.preventSelfReview && new Set(this.evidence.candidate.initiators.map(low)).size <= 1;
    return (!gate.exclude.includes('initiator') || alone) && this.everyReviewerIsNamed(gate, name);
  }

  isApproved(gate: Gate, name: string): boolean {
    if (gate.exclude.includes('author') && !this.writers(name).read) return false;
    const { held } = this.evidence.run;
    const isHeld = this.evidence.moment === 'door' && held?.read === true && low(held.value) === low(name);
    const proven = isHeld && this.holdProves(gate, name) ? 1 : 0;
    const used = this.usedVotes(name);
    const votes = this.votes(gate, name);
    const left = [...new Set(votes)].filter(
      (login) => votes.filter((one) => one === login).length > used.filter((one) => one === login).length,
    );
    return Math.max(proven, left.length) >= gate.approvals;
  }

  /** Logins that approved and may, as often as they did. */
  private votes(gate: Gate, name: string): readonly string[] {
    const { reviews } = this.evidence.run;
    const by = new Set(gate.by.map(low));
    const all = (reviews.read ? reviews.value : []).filter(
      ({ state, environments }) => state === 'approved' && environments.map(low).includes(low(name)),
    );
    const excluded = this.mayNot(gate, name);
    return all
      .map(({ user }) => low(user))
      .filter((one) => one !== '' && !excluded.has(one) && (by.has(one) || this.everyReviewerIsNamed(gate, name)));
  }

  /** Logins whose approval let an earlier attempt of this run in, as often as it did. */
  private usedVotes(name: string): readonly string[] {
    const { run } = this.evidence;
    const before = this.recordsAsGiven(name).filter(
      (record) => isDeployment(record) && record.run !== null && record.run.id === run.id && record.run.attempt <= run.attempt,
    );
    const entered = before.filter((record) => {
      if (record.outcome === 'withdrawn') return false;
      if (record.digest !== this.digest) return true;
      return record.run?.attempt === run.attempt ? record.sha !== this.evidence.candidate.sha : record.outcome === 'success';
    });
    return entered.flatMap(({ approvedBy }) => [...new Set(approvedBy.map(low))]);
  }

  private recordsAsGiven(name: string): readonly DeploymentRecord[] {
    const found = this.evidence.environments.get(name)?.records;
    return found?.read === true ? found.value : [];
  }

  /** Whether the people whom GitHub asks could suffice. */
  private canBeApproved(gate: Gate, name: string): boolean {
    const seen = this.reviewers(name);
    if (seen === null || (gate.exclude.includes('author') && !this.writers(name).read)) return false;
    if (gate.approvals === 1 && this.holdProves(gate, name)) return true;
    const excluded = this.mayNot(gate, name);
    const enough = (names: readonly string[]) => new Set(names.map(low).filter((one) => !excluded.has(one))).size >= gate.approvals;
    if (!this.everyReviewerIsNamed(gate, name)) return enough(gate.by.filter((one) => !one.includes('/')));
    return seen.unnamed > 0 || seen.reviewers.some(({ kind }) => kind === 'team') || enough(seen.reviewers.map((one) => one.name));
  }
}
