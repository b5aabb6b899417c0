#!/bin/sh
# In a Dockerfile's build stage: installs the project from the working directory into
# /opt/stockfeed beside its locked packages, takes out what nothing runs, and compiles the rest.
#   install.sh COMMAND...    the commands to keep in /opt/stockfeed/bin
set -eu

cd /opt/stockfeed/lib/python3.11/site-packages

(
  cd "$OLDPWD"
  /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /tmp/wheel .
  /opt/tools/bin/pip --python /opt/stockfeed/bin/python install --no-deps --no-index /tmp/wheel/*.whl
)

# Packages' own tests: a quarter of the operator's image. dbt's are the macros of its data tests.
find . -path ./dbt -prune -o -type d -name tests -prune -exec rm -r {} +

# Of the descriptions of AWS's services: the object store, and those that give credentials.
if [ -d botocore/data ]; then
  find botocore/data -mindepth 1 -maxdepth 1 -type d \
    ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -r {} +
fi

# Other packages' commands, and those of ours whose role has an image of its own.
for file in /opt/stockfeed/bin/*; do
  name=${file##*/}
  case " python python3 python3.11 $* " in
    *" $name "*) ;;
    *) rm -r "$file" ;;
  esac
done

# Nobody can write bytecode later: the user is not root and the file system read-only. Checked by
# no timestamp, it stays valid when a layer's files are dated anew.
python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash .

# Some libraries ask for the user's name.
echo 'stockfeed:x:65532:65532::/tmp:/usr/sbin/nologin' >> /etc/passwd
echo 'stockfeed:x:65532:' >> /etc/group
