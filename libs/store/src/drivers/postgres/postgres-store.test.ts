import { describeStore } from '../../conformance/describe-store.ts';
import { createPostgresFixture } from './postgres-fixture.ts';

describeStore('postgres', createPostgresFixture);
