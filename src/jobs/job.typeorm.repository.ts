import { Injectable } from '@nestjs/common';
import { Database, EffectsWriter, type Effects } from '../platform/database/index.js';
import type { Job } from './dto/job.dto.js';
import type { JobFilter } from './job-filter.js';
import { JobEntity } from './job.entity.js';
import { toJob } from './job.mapper.js';
import { JobRepository } from './job.repository.js';

/** Records of jobs in PostgreSQL. */
@Injectable()
export class TypeOrmJobRepository extends JobRepository {
  constructor(
    private readonly database: Database,
    private readonly effects: EffectsWriter,
  ) {
    super();
  }

  async find(id: string): Promise<Job | null> {
    const row = await this.database.read((manager) =>
      manager.createQueryBuilder(JobEntity, 'j').addSelect('j.logs').where('j.id = :id', { id }).getOne(),
    );
    return row && toJob(row);
  }

  async list(filter: JobFilter): Promise<Job[]> {
    const { queue, state, type, tag, correlation_id, created_after, created_before, after, limit } = filter;
    const rows = await this.database.read((manager) => {
      const jobs = manager.createQueryBuilder(JobEntity, 'j').where('TRUE');
      if (queue !== undefined) jobs.andWhere('j.queue = :queue', { queue });
      if (state !== undefined) jobs.andWhere('j.state = :state', { state });
      if (type !== undefined) jobs.andWhere('j.type = :type', { type });
      if (tag !== undefined) jobs.andWhere('j.tags @> ARRAY[:tag]', { tag });
      if (correlation_id !== undefined)
        jobs.andWhere('j.correlation_id = :correlation_id', { correlation_id });
      if (created_after) jobs.andWhere('j.created_at > :created_after', { created_after });
      if (created_before) jobs.andWhere('j.created_at < :created_before', { created_before });
      if (after)
        jobs.andWhere('(j.created_at, j.id) < (:at, CAST(:afterId AS uuid))', {
          at: after.created_at,
          afterId: after.id,
        });
      return jobs.orderBy('j.created_at', 'DESC').addOrderBy('j.id', 'DESC').limit(limit).getMany();
    });
    return rows.map(toJob);
  }

  async deleteFinished(before: Date, limit: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      const [, deleted] = await tx.query<[unknown[], number]>(
        `DELETE FROM jobs WHERE id IN (
           SELECT id FROM jobs WHERE finished_at < $1 ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
        [before, limit],
      );
      return deleted;
    });
  }

  async recordRequest(effects: Effects): Promise<void> {
    await this.database.transaction((tx) => this.effects.write(tx, effects));
  }
}
