"""What strangers write where a URL is expected; ``{secrets}``, ``{root}`` and ``{port}`` are filled in."""

from __future__ import annotations

INLINE_VRT = (
    "<VRTDataset rasterXSize='1' rasterYSize='1'><VRTRasterBand dataType='Byte' band='1'><SimpleSource>"
    "<SourceFilename>{secrets}/a.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
)
FILES = [
    "{secrets}/a.tif", "{secrets}/item.json", "file://{secrets}/a.tif", "file://localhost{secrets}/a.tif",
    "FILE://{secrets}/a.tif", "file:{secrets}/a.tif", "file:///..{secrets}/a.tif", "file://127.0.0.1{secrets}/a.tif",
    "file:///proc/self/root{secrets}/a.tif", "{root}/../secrets/a.tif", "../secrets/a.tif", "..\\secrets\\a.tif",
    "./../secrets/a.tif", "%2e%2e/secrets/a.tif", "..%2fsecrets%2fa.tif", "link.tif", "away/a.tif", "away/item.json",
    "~/a.tif", "/proc/self/cwd", "/proc/self/environ", "/dev/zero", "/dev/stdin", "{root}", "{root}/", ".", "",
    "/etc/passwd", "file:///etc/passwd", "../../../../../../../../etc/passwd", "file:///etc/passwd%00.tif",
    "/etc/passwd\0.tif", "/etc//passwd", "/vsizip/{secrets}/a.zip/a.tif", "/vsigzip/{secrets}/a.tif",
    "/vsitar/{secrets}/a.tif", "/vsisubfile/0_100,{secrets}/a.tif", "/vsimem/a.tif", "/vsistdin/",
    "/vsicached?file={secrets}/a.tif", "/vsisparse/{secrets}/a.tif", "/VSIGZIP/{secrets}/a.tif",
    "//vsigzip/{secrets}/a.tif", "/vsicurl/file://{secrets}/a.tif", "/vsicurl?url=file://{secrets}/a.tif",
    "vrt://{secrets}/a.tif", "vrt:///vsigzip/{secrets}/a.tif?bands=1", "zip://{secrets}/a.zip!a.tif",
    "zip+file://{secrets}/a.zip!a.tif", "zip:{secrets}/a.tif", "tar://{secrets}/a.tif", "gzip://{secrets}/a.tif",
    "GTIFF_DIR:1:{secrets}/a.tif", "GTIFF_RAW:{secrets}/a.tif", "GTiff:{secrets}/a.tif",
    "DERIVED_SUBDATASET:LOGAMPLITUDE:{secrets}/a.tif", "NETCDF:{secrets}/a.tif:x", "HDF5:{secrets}/a.tif",
    "PDF:1:{secrets}/a.tif", "MEM:::DATAPOINTER=1,PIXELS=1,LINES=1", "STACIT:{secrets}/item.json",
    "JP2OpenJPEG:{secrets}/a.tif", "RASTERLITE:{secrets}/a.tif", "GPKG:{secrets}/a.tif:t", "ZARR:{secrets}",
    "rasterio:{secrets}/a.tif",
    INLINE_VRT,
    "<GDAL_WMS><Service name='TMS'><ServerUrl>file://{secrets}/a.tif</ServerUrl></Service></GDAL_WMS>",
    "<MRF_META><CachedSource><Source>{secrets}/a.tif</Source></CachedSource></MRF_META>",
    '{{"type":"Feature","assets":{{"a":{{"href":"{secrets}/a.tif"}}}}}}', "data:image/tiff;base64,SUkqAAgAAAA=",
    "data:,x", "a.tif|layer=1", "a.tif?x|y", "javascript:1", "s3:/{secrets}/a.tif", "s3://../{secrets}/a.tif",
    "|cat /etc/passwd",
]  # fmt: skip
"""Other ways to say a local file, none of them inside the folder that may be read."""

HOSTS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "017700000001", "127.0.0.1.",
    "127.000.000.001", "localhost", "LOCALHOST", "localhost.", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1",
    "ⓛocalhost",
    "0.0.0.0", "0", "127.0.0.2", "127.255.255.254", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::1%25lo]", "user@127.0.0.1",
    "example.com@127.0.0.1", "user:pass@127.0.0.1", "127.0.0.1\\@example.com", "[2606:4700::5efe:7f00:1]",
]  # fmt: skip
"""This machine, in other spellings."""

OTHER_SCHEMES = [
    "ftp://127.0.0.1:{port}/a.tif", "gopher://127.0.0.1:{port}/_x", "dict://127.0.0.1:{port}/x",
    "ldap://127.0.0.1:{port}/x", "tftp://127.0.0.1:{port}/x", "smb://127.0.0.1:{port}/x", "ws://127.0.0.1:{port}/x",
    "jar:http://127.0.0.1:{port}!/x", "url:http://127.0.0.1:{port}/x", "http:127.0.0.1:{port}/x",
    "http:/127.0.0.1:{port}/x", "http:///127.0.0.1:{port}/x", "//127.0.0.1:{port}/x", "\\\\127.0.0.1:{port}\\x",
    " http://127.0.0.1:{port}/x", "http://127.0.0.1:{port}/a b", "http://127.0.0.1:{port}\r\nHost: x/",
    "http://127.0.0.1:{port}/\r\nX: y", "/vsicurl/http://127.0.0.1:{port}/a.tif",
    "/vsicurl?url=http%3A%2F%2F127.0.0.1%3A{port}%2F", "/vsis3/bucket/a.tif", "/vsigs/bucket/a.tif", "/vsiaz/c/a.tif",
    "/vsihdfs/127.0.0.1:{port}/x", "/vsiwebhdfs/http://127.0.0.1:{port}/x", "vrt://http://127.0.0.1:{port}/a.tif",
    "WMS:http://127.0.0.1:{port}/", "WMTS:http://127.0.0.1:{port}/", "WCS:http://127.0.0.1:{port}/",
    "HTTP:http://127.0.0.1:{port}/a.tif", "PG:host=127.0.0.1 port={port}", "PLMosaic:", "EEDAI:x",
    "DODS:http://127.0.0.1:{port}/x", "NETCDF:http://127.0.0.1:{port}/x.nc", "STACTA:http://127.0.0.1:{port}/x",
    "OGCAPI:http://127.0.0.1:{port}/",
    "<GDAL_WMS><Service name='TMS'><ServerUrl>http://127.0.0.1:{port}/</ServerUrl></Service></GDAL_WMS>",
    "http+unix://%2fvar%2frun%2fdocker.sock/x", "http://[::1]:{port}", "http://example.com#@127.0.0.1:{port}/",
]  # fmt: skip
"""Ways to make something connect."""
