import { describeStore } from '../../../conformance/describe-store.ts';
import { createSqliteFixture } from '../../../testing/sqlite-fixture.ts';

describeStore('sqlite', createSqliteFixture);
