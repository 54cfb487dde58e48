import { describeStore } from '../../../conformance/describe-store.ts';
import { createPostgresFixture } from '../../../testing/postgres-fixture.ts';

describeStore('postgres', createPostgresFixture);
