#!/bin/sh
# Runs in the build stage of a Dockerfile: installs the project from the working directory into
# /opt/stockfeed, next to its locked packages, deletes files that are never used, and compiles the
# rest to bytecode.
#   install.sh COMMAND...    the commands to keep in /opt/stockfeed/bin
set -eu

cd /opt/stockfeed/lib/python3.11/site-packages

(
  cd "$OLDPWD"
  /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheel .
  /opt/tools/bin/pip --python /opt/stockfeed/bin/python install --no-deps --no-index /tmp/wheel/*.whl
)

# Deletes the packages' tests, which are a quarter of the operator's image. dbt's directories of this
# name are kept: they have the macros of its data tests.
find . -path ./dbt -prune -o -type d -name tests -prune -exec rm -r {} +

# Keeps only the API descriptions of S3 and of the AWS services that issue credentials.
if [ -d botocore/data ]; then
  find botocore/data -mindepth 1 -maxdepth 1 -type d \
    ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -r {} +
fi

# Deletes the commands of other packages, and of roles that have their own image.
for file in /opt/stockfeed/bin/*; do
  name=${file##*/}
  case " python python3 python3.11 $* " in
    *" $name "*) ;;
    *) rm -r "$file" ;;
  esac
done

# Bytecode cannot be written later: the user is not root, and the file system is read-only. With
# unchecked-hash it stays valid when the timestamps of the files change in a layer (PEP 552).
python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash .

# Some libraries look up the name of the current user.
echo 'stockfeed:x:65532:65532::/tmp:/usr/sbin/nologin' >> /etc/passwd
echo 'stockfeed:x:65532:' >> /etc/group
