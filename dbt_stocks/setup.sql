-- What StockFeed needs in a Snowflake account: run once by an administrator.
--
-- 1. Make a key pair. Only the public key goes into this file; docs/snowflake.md says where the
--    private one goes.
--      openssl genrsa 2048 | openssl pkcs8 -topk8 -v2 aes-256-cbc -out stockfeed.p8
--      openssl rsa -in stockfeed.p8 -pubout | grep -v '^-----' | tr -d '\n'
-- 2. Put the second command's output in the place of PASTE_THE_PUBLIC_KEY_HERE. (A session variable
--    cannot hold it: those end at 256 bytes.) Snowflake refuses the placeholder itself.
-- 3. Run the whole file, in a worksheet by "Run all" or with `snow sql -f setup.sql`, as a user who
--    may take the roles USERADMIN, SYSADMIN, SECURITYADMIN and ACCOUNTADMIN.
--
-- Names are written out, so that what runs is what is read: to have other ones, replace them in the
-- whole file. STOCKS, RAW and ANALYTICS are a feed's warehouse.database, .schema and .dbt.schema.
--
-- Running it again creates what is missing, and grants again. It changes nothing else that exists:
-- no setting of the warehouse, no key of the user, no quota; the monitor is set on the warehouse anew.

-- Who: a role for the pipeline, one for people who read its results, and the pipeline's user.
USE ROLE USERADMIN;

CREATE ROLE IF NOT EXISTS STOCKFEED
  COMMENT = 'Loads quotes and builds models';

CREATE ROLE IF NOT EXISTS STOCKFEED_READER
  COMMENT = 'Reads what StockFeed builds';

-- A service user has no password and cannot sign in to Snowsight.
CREATE USER IF NOT EXISTS STOCKFEED
  TYPE = SERVICE
  DEFAULT_ROLE = STOCKFEED
  DEFAULT_SECONDARY_ROLES = ()
  DEFAULT_WAREHOUSE = STOCKFEED
  RSA_PUBLIC_KEY = 'PASTE_THE_PUBLIC_KEY_HERE'
  COMMENT = 'The pipeline itself';

GRANT ROLE STOCKFEED TO USER STOCKFEED;
-- Administrators of the account keep hold of what the pipeline makes.
GRANT ROLE STOCKFEED TO ROLE SYSADMIN;
GRANT ROLE STOCKFEED_READER TO ROLE SYSADMIN;

-- What: a warehouse, and a database with a schema for the raw zone and one for the models.
USE ROLE SYSADMIN;

-- An hour is far beyond a minute's load and build, and enough to rebuild a model from its start. It
-- must exceed the ten minutes for which a loader waits for another one's lock.
CREATE WAREHOUSE IF NOT EXISTS STOCKFEED
  WAREHOUSE_SIZE = XSMALL
  AUTO_SUSPEND = 60
  AUTO_RESUME = TRUE
  INITIALLY_SUSPENDED = TRUE
  STATEMENT_TIMEOUT_IN_SECONDS = 3600
  STATEMENT_QUEUED_TIMEOUT_IN_SECONDS = 600
  COMMENT = 'Load and build of StockFeed';

CREATE DATABASE IF NOT EXISTS STOCKS
  DATA_RETENTION_TIME_IN_DAYS = 1
  COMMENT = 'Quotes and what is made of them';

-- With managed access, only the schema's owner gives rights on what is in it, not the pipeline.
CREATE SCHEMA IF NOT EXISTS STOCKS.RAW WITH MANAGED ACCESS
  COMMENT = 'Landed lines, as they are';

CREATE SCHEMA IF NOT EXISTS STOCKS.ANALYTICS WITH MANAGED ACCESS
  COMMENT = 'Bronze, silver and gold';

-- Rights. The pipeline owns the tables, views and the stage that it creates, and needs no more on
-- them. docs/snowflake.md lists the statements that need each of these.
USE ROLE SECURITYADMIN;

GRANT USAGE ON WAREHOUSE STOCKFEED TO ROLE STOCKFEED;
-- CREATE SCHEMA: Snowflake asks for it though CREATE SCHEMA IF NOT EXISTS finds the schema.
GRANT USAGE, CREATE SCHEMA ON DATABASE STOCKS TO ROLE STOCKFEED;
GRANT USAGE, CREATE TABLE, CREATE STAGE ON SCHEMA STOCKS.RAW TO ROLE STOCKFEED;
GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED;

-- Readers bring a warehouse of their own: their queries would slow the pipeline's and keep it awake.
GRANT USAGE ON DATABASE STOCKS TO ROLE STOCKFEED_READER;
GRANT USAGE ON SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED_READER;
GRANT SELECT ON ALL TABLES IN SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED_READER;
GRANT SELECT ON ALL VIEWS IN SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED_READER;
-- A table that dbt builds anew is a new object.
GRANT SELECT ON FUTURE TABLES IN SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED_READER;
GRANT SELECT ON FUTURE VIEWS IN SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED_READER;

-- The bill's bound. An X-Small warehouse that never sleeps uses 744 credits in a month of 31 days.
-- At the quota the pipeline stands still, nothing is lost: what is landed waits.
USE ROLE ACCOUNTADMIN;

CREATE RESOURCE MONITOR IF NOT EXISTS STOCKFEED WITH
  CREDIT_QUOTA = 800
  FREQUENCY = MONTHLY
  START_TIMESTAMP = IMMEDIATELY
  TRIGGERS
    ON 80 PERCENT DO NOTIFY
    ON 100 PERCENT DO SUSPEND
    ON 110 PERCENT DO SUSPEND_IMMEDIATE;

ALTER WAREHOUSE STOCKFEED SET RESOURCE_MONITOR = STOCKFEED;
